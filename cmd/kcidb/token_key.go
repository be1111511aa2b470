// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

func newTokenKeyCommand(p *program) *cobra.Command {
	var add bool
	cmd := &cobra.Command{
		Use:   "key FILE",
		Short: "Make a key that signs tokens",
		Long: `Make an Ed25519 key and write it to a file, PEM, which only its owner can read. Name
the file in the configuration of the service as signing_key_file. The public key is
printed: a process that only checks tokens needs no more than that.

With --add, the key becomes the first key of an existing file. It then signs new
tokens, and tokens of the other keys stay valid, until their keys are removed from
the file. The service notices the change within a minute; until then it refuses
tokens of the new key.`,
		Example: `  kcidb token key /etc/kcidb.key
  kcidb token key --add /etc/kcidb.key`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return runTokenKey(p, args[0], add)
		},
	}
	cmd.Flags().BoolVar(&add, "add", false, "add the key to the keys in the file")
	return cmd
}

func runTokenKey(p *program, file string, add bool) error {
	private, public, err := auth.NewKey()
	if err != nil {
		return err
	}
	if add {
		err = addKey(file, private)
	} else {
		err = writeKey(file, private)
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.stdout, public)
	return err
}

// writeKey writes a key to a new file.
func writeKey(path string, key secret.Text) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: use --add to add a key to it", err)
	} else if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if _, err := file.WriteString(string(key)); err != nil {
		return err
	}
	return file.Sync()
}

// addKey puts a key before the keys in a file. A reader of the file finds the old keys or all
// keys.
func addKey(path string, key secret.Text) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	all := key + secret.Text(text)
	if _, err := auth.ParseKeys(all); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	replacement := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := writeKey(replacement, all); err != nil {
		return err
	}
	if err := os.Rename(replacement, path); err != nil {
		return errors.Join(err, os.Remove(replacement))
	}
	return nil
}
