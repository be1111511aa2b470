// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/backup"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/store"
)

// installation selects the service whose files a command works on.
type installation struct {
	config, data, database string
}

func (o *installation) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.config, "config", "", "configuration `FILE` of the service")
	flags.StringVar(&o.data, "data", "", "`DIR` of the service's data (default "+service.DefaultConfig().Data+", or as configured)")
	flags.StringVarP(&o.database, "database", "d", "", "`SPEC` of the database, such as one with the owner as the user (default as configured)")
	mustCompleteSpecs(cmd, "database")
}

// read returns the configuration of the service.
func (o *installation) read() (service.Config, error) {
	cfg, err := service.LoadConfig(o.config, os.LookupEnv)
	if o.data != "" {
		cfg.Data = o.data
	}
	if o.database != "" {
		cfg.Database = secret.Text(o.database)
	}
	return cfg, err
}

// sources returns the places of what the service keeps.
func sources(cfg *service.Config) backup.Sources {
	return backup.Sources{
		Database: cfg.DatabaseSpec(), Queue: cfg.QueueFolder(),
		Subscriptions: cfg.SubscriptionsFolder(), Artifacts: cfg.ArtifactsFolder(), Others: others(cfg),
	}
}

// others says which parts of a service no backup has.
func others(cfg *service.Config) (all []string) {
	if spec := cfg.ArtifactsSpec(); spec != "" && cfg.ArtifactsFolder() == "" {
		all = append(all, "raw submissions and logs: they are in the artifact store "+spec+", which needs a backup of its own")
	}
	if cfg.PrivateOrigins != "" {
		all = append(all, "the public database: make it again by "+cfg.PublishCommand())
	}
	if cfg.SandboxListen != "" {
		all = append(all, "the sandbox: its objects are for trying")
	}
	return all
}

type backupOptions struct {
	installation
	to    string
	keep  int
	drain time.Duration
}

func newBackupCommand(p *program) *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup --to DIR",
		Short: "Back up a service while it runs",
		Long: `Back up the database of a service, its subscriptions, raw submissions and logs, while
the service runs and loads. The backup is a new folder in DIR, kcidb-TIME, with a
manifest of its files. It is complete, checked and on disk when it has that name;
after an interruption there is no such folder. Files of raw submissions and logs
that the backup before has are linked, and take no space.

SQLite is copied as it was at one moment. PostgreSQL is copied by pg_dump, whose user
has to be the owner of the tables. Other databases have backups of their own.

The queue of a running service cannot be copied. So the command first waits until the
service has loaded what is in its queue, at most for --drain. If submissions are left,
the command says that they are not in the backup. Dead letters are never in the backup
of a running service. If the service is stopped, all of its queue is in the backup.

The configuration and secrets are not in the backup. Neither are an artifact store that
is not the folder "artifacts" in the data directory, the public database of a service
with private origins, which "kcidb db publish" makes again, and the sandbox. The command
and the manifest name those that the service has.

Exit status: 0 done, also if submissions were left in the queue; 1 failed.`,
		Example: `  kcidb backup --to /var/backups/kcidb --data /var/lib/kcidb
  kcidb backup --to /var/backups/kcidb --config /etc/kcidb/kcidb.yaml --keep 7`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBackup(cmd.Context(), p, &o) },
	}
	o.addFlags(cmd)
	cmd.Flags().StringVar(&o.to, "to", "", "`DIR` of the backups; it is created if it does not exist")
	cmd.Flags().IntVar(&o.keep, "keep", 0, "remove all but the newest `N` backups afterwards")
	cmd.Flags().DurationVar(&o.drain, "drain", 30*time.Second, "`DURATION` to wait at most until the queue is empty")
	return cmd
}

func runBackup(ctx context.Context, p *program, o *backupOptions) error {
	switch {
	case o.to == "":
		return usagef("no folder is named: use --to")
	case o.keep < 0:
		return usagef("--keep: a number of backups, or 0 for all")
	}
	cfg, err := o.read()
	if err != nil {
		return err
	}
	progress := p.newProgress("", nil)
	dir, m, err := backup.Make(ctx, backup.Options{
		Sources: sources(&cfg), To: o.to, Keep: o.keep, Program: programVersion(), Now: time.Now, Drain: o.drain,
		Ask: func(ctx context.Context) (waiting, dead int64, err error) {
			running, err := service.Ask(ctx, &cfg)
			if err != nil {
				return 0, 0, err
			}
			waiting, dead = running.Queue()
			return waiting, dead, nil
		},
		Progress: progress.update,
	})
	progress.done()
	if err != nil {
		return err
	}
	objects := int64(0)
	for _, n := range m.Counts {
		objects += n
	}
	fmt.Fprintf(p.stdout, "%s: %d objects, %d files\n", dir, objects, len(m.Files))
	warnOfQueue(p, m.Queue)
	sayWithout(p, m)
	return nil
}

// sayWithout says which parts of the service are not in a backup.
func sayWithout(p *program, m *backup.Manifest) {
	for _, part := range m.Without {
		fmt.Fprintln(p.stderr, "not in this backup:", part)
	}
}

// warnOfQueue warns of submissions that are not in the backup.
func warnOfQueue(p *program, q backup.Queue) {
	switch {
	case q.State != backup.QueueRunning && q.State != backup.QueueRemote:
	case q.Waiting > 0:
		fmt.Fprintf(p.stderr, "%d submissions are in the queue and not in this backup\n", q.Waiting)
	case q.Waiting < 0:
		fmt.Fprintln(p.stderr, "the service does not say how many submissions are in the queue: these are not in this backup")
	}
	if q.DeadLetters > 0 {
		fmt.Fprintf(p.stderr, "%d dead letters are in the queue and not in this backup: see kcidb mq dead\n", q.DeadLetters)
	}
}

type restoreOptions struct {
	installation
	force bool
}

func newRestoreCommand(p *program) *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Restore a backup",
		Long: `Restore a backup that "kcidb backup" made: the database, subscriptions, raw submissions
and logs, and the queue if it is in the backup. All files are compared with the
manifest first. Afterwards the objects, and a sample of the roll-ups, are counted.

The service has to be stopped. The command refuses to replace a database, or the files
of a queue, unless --force is given. With --force the database is replaced, and the
files of a queue are moved beside it, to queue.before-TIME. Other files that exist
stay as they are. A queue of which the backup has no files stays, and the service loads
what waits in it. A service with private origins needs a new public database
afterwards: see "kcidb db publish".

PostgreSQL's database has to exist. It is filled by pg_restore in one transaction, as
the user of the specification, who becomes the owner of the tables.

Exit status: 0 done; 1 failed.`,
		Example: `  kcidb restore /var/backups/kcidb/kcidb-20250701T030000Z --config /etc/kcidb/kcidb.yaml
  kcidb restore kcidb-20250701T030000Z --data /tmp/try`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runRestore(cmd.Context(), p, &o, args[0]) },
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.force, "force", false, "replace what is there")
	return cmd
}

func runRestore(ctx context.Context, p *program, o *restoreOptions, from string) error {
	cfg, err := o.read()
	if err != nil {
		return err
	}
	if cfg.Data != "" {
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
	}
	progress := p.newProgress("", nil)
	m, err := backup.Restore(ctx, backup.RestoreOptions{
		Sources: sources(&cfg), From: from, Force: o.force, Now: time.Now, Progress: progress.update,
	})
	progress.done()
	if errors.Is(err, backup.ErrExists) {
		return fmt.Errorf("%w; --force replaces it", err)
	} else if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "restored the backup of %s:", m.Time.Format(time.RFC3339))
	for _, list := range store.Lists {
		fmt.Fprintf(p.stdout, " %d %s", m.Counts[list], list)
	}
	fmt.Fprintln(p.stdout)
	sayWithout(p, m)
	if m.HasArtifacts() && cfg.ArtifactsFolder() == "" {
		fmt.Fprintf(p.stderr, "the raw submissions and logs of the backup were not restored, because the service keeps them elsewhere: copy %s\n",
			filepath.Join(from, "artifacts"))
	}
	return nil
}
