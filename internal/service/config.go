// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/certificates"
)

// Config is the configuration of a service. Each field is a key of the
// configuration file, named by its yaml tag, and an environment variable,
// named KCIDB_ and the key in capitals. The zero value of a field is not its
// default: start with DefaultConfig.
//
// A secret.Text is the secret or a reference to it, which package secrets describes. The
// specifications of databases and queues are secrets, because they may have passwords. Of a
// specification that is replaced, only the user and the password are used before the next
// start.
type Config struct {
	// Data is the directory of the service's files: the embedded queue and the
	// SQLite database, unless Queue and Database name others. It is created,
	// for its owner only, unless it exists.
	Data string `yaml:"data"`
	// Listen is the HOST:PORT of the HTTP server. Port 0 selects a free port.
	Listen string `yaml:"listen"`

	// Roles are the roles of this process, separated by commas: web (receives
	// submissions, shows pages, answers queries), load (loads submissions) and
	// notify (notifies people of changes). With any roles it serves /health,
	// /ready and /metrics at Listen.
	Roles string `yaml:"roles"`

	// Database is the specification of the database, "" for SQLite in Data.
	// The service creates the SQLite database in Data and upgrades its schema
	// at the start. Any other database must exist and have the newest schema
	// ("kcidb db init", "kcidb db upgrade").
	Database secret.Text `yaml:"database"`
	// ReadDatabase is the specification of a replica of the database, "" for
	// no replica. Pages and queries read from the replica. Decisions are made
	// with the database itself.
	ReadDatabase secret.Text `yaml:"read_database"`
	// Read says who may read pages, API and feeds: open for everyone, or token for clients
	// with a valid token.
	Read string `yaml:"read"`
	// SandboxListen is the HOST:PORT of the sandbox, "" for none: a small service for trying,
	// with pages of its own, in the same process. Its objects are removed after SandboxDays.
	// SandboxURL is the public URL of its pages, "" for this port at the host that a reader
	// used.
	SandboxListen string `yaml:"sandbox_listen"`
	SandboxURL    string `yaml:"sandbox_url"`
	SandboxDays   int    `yaml:"sandbox_days"`
	// PrivateOrigins are the origins, separated by commas, whose results only readers with a
	// token see: see package public. PublicDatabase is the specification of the database for
	// all other readers, "" for SQLite in Data if Database is "". It must exist and have the
	// newest schema, as Database must.
	PrivateOrigins string      `yaml:"private_origins"`
	PublicDatabase secret.Text `yaml:"public_database"`
	// Queue is the specification of the queue, "" for an embedded queue in
	// Data.
	Queue secret.Text `yaml:"queue"`
	// QueueListen is the HOST:PORT where the embedded queue accepts
	// submissions from other processes; "" opens no port. Beyond the loopback
	// interface these processes need QueueToken.
	QueueListen string      `yaml:"queue_listen"`
	QueueToken  secret.Text `yaml:"queue_token"`

	// JWTSecret is the secret that submitters' tokens are signed with, and
	// JWTSecretFile is a file with the secret. If both are empty, and SigningKey is, too, anyone may
	// submit.
	JWTSecret     secret.Text `yaml:"jwt_secret"`
	JWTSecretFile string      `yaml:"jwt_secret_file"`
	// UnifiedSecret is a second secret, tried if the first one does not match,
	// and UnifiedSecretFile is a file with it.
	UnifiedSecret     secret.Text `yaml:"unified_secret"`
	UnifiedSecretFile string      `yaml:"unified_secret_file"`
	// SigningKey has the Ed25519 keys of tokens that "kcidb token new" makes, as PEM, and
	// SigningKeyFile is a file with them. The first private key signs, and all keys verify.
	SigningKey     secret.Text `yaml:"signing_key"`
	SigningKeyFile string      `yaml:"signing_key_file"`
	// Origins says what becomes of objects of origins that the submitter's token does not
	// name: enforce (they are rejected), warn (they are loaded and counted) or off. ""
	// means the setting of the database: warn if it had objects before tokens were bound
	// to origins, otherwise enforce.
	Origins string `yaml:"origins"`
	// AllowOpen lets a service without JWTSecret and SigningKey listen beyond the loopback
	// interface.
	AllowOpen bool `yaml:"allow_open"`

	// MaxSubmission bounds a report, decompressed. MaxMemory bounds the bytes that
	// have arrived of all reports together; one report may take MaxSubmission in
	// addition. A second MaxMemory bounds the memory for checking reports; a report
	// that takes more is checked alone.
	MaxSubmission Size `yaml:"max_submission"`
	MaxMemory     Size `yaml:"max_memory"`
	// MaxObjects is how many objects a report may have.
	MaxObjects int `yaml:"max_objects"`

	// BatchMessages, BatchObjects and BatchBytes bound the submissions that
	// are loaded in one transaction. A submission beyond a bound is loaded
	// alone.
	BatchMessages int  `yaml:"batch_messages"`
	BatchObjects  int  `yaml:"batch_objects"`
	BatchBytes    Size `yaml:"batch_bytes"`

	// ReceiptDays is how many days the service keeps the status of a
	// submission.
	ReceiptDays int `yaml:"receipt_days"`

	// Artifacts is the specification of the artifact store, which keeps raw submissions:
	// folder:PATH, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX. "" means the folder
	// "artifacts" in Data, or none without Data; "none" means none. Processes on several
	// machines need the same bucket.
	Artifacts string `yaml:"artifacts"`
	// SubmissionDays is how many days the service keeps the bytes of each submission, 0 for
	// ever.
	SubmissionDays int `yaml:"submission_days"`

	// LogCache are hosts, separated by commas, whose logs of failed builds and tests the
	// service copies into the artifact store: HOST, HOST:PORT or *.DOMAIN. By default it
	// copies no logs.
	LogCache string `yaml:"log_cache"`
	// LogCacheSize bounds a log that is copied, and LogCacheDays is how many days a copy is
	// kept, 0 for ever.
	LogCacheSize Size `yaml:"log_cache_size"`
	LogCacheDays int  `yaml:"log_cache_days"`

	// RetentionDays is how many days the database keeps objects after their arrival, 0 for
	// all days. RetentionKeepIncidents keeps incidents, their issues, and the objects they belong
	// to. RetentionWindow is the time of day at which a process with the role load removes
	// older objects: HH:MM-HH:MM in local time, or HH:MM-HH:MM UTC.
	RetentionDays          int    `yaml:"retention_days"`
	RetentionKeepIncidents bool   `yaml:"retention_keep_incidents"`
	RetentionWindow        string `yaml:"retention_window"`
	// ArchiveTo is the specification of a database that old objects are copied into before
	// they are removed, "" to copy nothing.
	ArchiveTo secret.Text `yaml:"archive_to"`

	// Subscriptions is the directory of the subscriptions. "" means the directory
	// "subscriptions" in Data, which the service creates. All processes with the
	// role notify need the same subscriptions.
	Subscriptions string `yaml:"subscriptions"`
	// BaseURL is the public URL of the pages, which notifications link to.
	// Without it notifications have no links.
	BaseURL string `yaml:"base_url"`
	// Trees is a YAML file of names of trees by the URLs of their repositories, which
	// overrides the built-in names; "" for no file.
	Trees string `yaml:"trees"`
	// LogHosts are hosts, separated by commas, whose logs the service fetches for
	// pages that cannot fetch them themselves: HOST or HOST:PORT. By default it
	// fetches no logs.
	LogHosts string `yaml:"log_hosts"`
	// FrontEnd is the directory of the built files of a web front end that asks the
	// API, such as that of KernelCI; "" for no front end. The service serves the files
	// and the API at FrontEndListen, HOST:PORT.
	FrontEnd       string `yaml:"front_end"`
	FrontEndListen string `yaml:"front_end_listen"`
	// APIRate is how many requests per second an address may send, 0 for no limit,
	// and APIBurst how many it may send at once after a pause. TrustedProxies are
	// networks, separated by commas. If a request comes from such a proxy, its
	// address is the one in X-Forwarded-For, and its scheme the one in
	// X-Forwarded-Proto.
	APIRate        int    `yaml:"api_rate"`
	APIBurst       int    `yaml:"api_burst"`
	TrustedProxies string `yaml:"trusted_proxies"`
	// APIAtOnce is the number of API requests that are answered concurrently; for pages
	// the number is a quarter. APISeconds is how long an answer may take, until the
	// client has received it.
	APIAtOnce  int `yaml:"api_at_once"`
	APISeconds int `yaml:"api_seconds"`
	// CORSOrigins are the sites whose pages may read the API's answers, as
	// SCHEME://HOST[:PORT] separated by commas; * means all sites.
	CORSOrigins string `yaml:"cors_origins"`
	// SMTP is the mail server: smtp://[USER@]HOST[:PORT] with STARTTLS, or
	// smtps://... with TLS from the start. Without SMTP no mail is sent; mails to
	// be sent wait.
	SMTP string `yaml:"smtp"`
	// SMTPPassword is the password of the user, and SMTPPasswordFile is a file with
	// the password.
	SMTPPassword     secret.Text `yaml:"smtp_password"`
	SMTPPasswordFile string      `yaml:"smtp_password_file"`
	// MailFrom is the sender address of all mails. MailCc are addresses,
	// separated by commas, that get a copy of each mail. MailToOverride, for
	// trials, gets all mails instead of the recipients.
	MailFrom       string `yaml:"mail_from"`
	MailCc         string `yaml:"mail_cc"`
	MailToOverride string `yaml:"mail_to_override"`
	// MailBudget is how many mails an address gets per day, 0 for no limit.
	// Notifications beyond it are summed up in one mail at the end of the day.
	MailBudget int `yaml:"mail_budget"`
	// NotificationDays is how many days the service keeps the state of
	// notifications.
	NotificationDays int `yaml:"notification_days"`

	// Spool is the specification of the spool of notifications, "" for the spool in
	// the database. BigQuery has no spool: use firestore:.
	Spool secret.Text `yaml:"spool"`
	// Loaded is the specification of the queue that takes the news of loads from the
	// loader to the notifier, "" if the database notes changes. A spool outside the
	// database needs it. It is not the queue of submissions.
	Loaded secret.Text `yaml:"loaded"`
	// TasksAudience is the audience of the tokens of callers that may start tasks:
	// POST /tasks/load, /tasks/notify and /tasks/send do the work of the roles load
	// and notify where a process works only while it answers a request, as on Cloud
	// Run. Such a process has the role web alone. "" serves no tasks.
	TasksAudience string `yaml:"tasks_audience"`
	// TasksAccounts are the addresses of the Google service accounts, separated by
	// commas, that may start tasks.
	TasksAccounts string `yaml:"tasks_accounts"`

	// TLSCert and TLSKey are PEM files of a certificate, with its chain, and of its key.
	// With them the service answers by HTTPS at Listen and FrontEndListen. A renewed
	// certificate is used within a minute.
	TLSCert string `yaml:"tls_cert"`
	TLSKey  string `yaml:"tls_key"`
	// ACMEHosts are host names, separated by commas, for which the service gets
	// certificates by ACME, in place of TLSCert. Who sets it accepts the terms of service
	// of the certificate authority: ACMEDirectory is its URL, by default that of Let's
	// Encrypt, and ACMERoots is a PEM file of the certificates by which that URL is
	// trusted, "" for those of the system. The authority may write to ACMEEmail.
	ACMEHosts     string `yaml:"acme_hosts"`
	ACMEEmail     string `yaml:"acme_email"`
	ACMEDirectory string `yaml:"acme_directory"`
	ACMERoots     string `yaml:"acme_roots"`
	// HTTPListen is the HOST:PORT of plain HTTP that leads browsers to HTTPS, and answers
	// the questions of the certificate authority; "" for none.
	HTTPListen string `yaml:"http_listen"`
	// HSTSDays is for how many days a browser that came by HTTPS comes by HTTPS only, 0
	// for not telling it.
	HSTSDays int `yaml:"hsts_days"`
	// MaxConnections is how many connections of clients may be open at a time. One address
	// may have a quarter of them, unless it is among TrustedProxies.
	MaxConnections int `yaml:"max_connections"`
	// QueueLimit is how many submissions may wait in the queue before further ones are
	// refused with the status 429, 0 for any number.
	QueueLimit int `yaml:"queue_limit"`
	// TokenRate is how many submissions per second one token may send, 0 for any number,
	// and TokenBurst is how many at once after a pause.
	TokenRate  int `yaml:"token_rate"`
	TokenBurst int `yaml:"token_burst"`
	// Traces is the URL of a collector of OpenTelemetry traces by OTLP over HTTP; "" for
	// none.
	Traces string `yaml:"traces"`
	// VerifySample is the percentage of the roll-ups that the role load verifies each
	// night, 0 for none.
	VerifySample int `yaml:"verify_sample"`
	// AdminListen is the HOST:PORT for administrators, with profiles of the process
	// (/debug/pprof/), /metrics, /health and /ready; "" for none. :PORT means the
	// loopback interface.
	AdminListen string `yaml:"admin_listen"`

	// LogLevel is debug, info, warn or error.
	LogLevel string `yaml:"log_level"`
	// LogFormat is text, json, or auto: text on a terminal, otherwise JSON.
	LogFormat string `yaml:"log_format"`
}

// DefaultConfig returns the default configuration.
func DefaultConfig() Config {
	return Config{
		Data:          "kcidb-data",
		Listen:        "127.0.0.1:8080",
		Roles:         allRoles,
		MaxSubmission: 512 << 20,
		MaxMemory:     512 << 20,
		MaxObjects:    1_000_000,
		BatchMessages: ingest.DefaultLimits.Messages,
		BatchObjects:  ingest.DefaultLimits.Objects,
		BatchBytes:    Size(ingest.DefaultLimits.Bytes),
		ReceiptDays:   30,

		SubmissionDays: 30,
		LogCacheSize:   16 << 20,
		LogCacheDays:   365,

		RetentionWindow: "01:00-05:00",

		Read:        readOpen,
		SandboxDays: 7,

		FrontEndListen: "127.0.0.1:8081",

		APIRate:    50,
		APIBurst:   500,
		APIAtOnce:  16,
		APISeconds: 120,

		MailFrom:         "kcidb@localhost",
		MailBudget:       100,
		NotificationDays: 365,

		ACMEDirectory:  certificates.LetsEncrypt,
		HSTSDays:       365,
		MaxConnections: 4096,
		QueueLimit:     5_000_000,
		TokenRate:      1000,
		TokenBurst:     10_000,
		VerifySample:   5,

		LogLevel:  "info",
		LogFormat: "auto",
	}
}

// check returns an error if the configuration is not valid.
func (c *Config) check() error {
	positive := func(key string, n int64) error {
		if n < 1 {
			return fmt.Errorf("%s must be at least 1", key)
		}
		return nil
	}
	notNegative := func(key string, n int) error {
		if n < 0 {
			return fmt.Errorf("%s must not be negative", key)
		}
		return nil
	}
	if err := errors.Join(
		positive("max_submission", int64(c.MaxSubmission)),
		positive("max_memory", int64(c.MaxMemory)),
		positive("max_objects", int64(c.MaxObjects)),
		positive("batch_messages", int64(c.BatchMessages)),
		positive("batch_objects", int64(c.BatchObjects)),
		positive("batch_bytes", int64(c.BatchBytes)),
		positive("receipt_days", int64(c.ReceiptDays)),
		positive("token_burst", int64(c.TokenBurst)),
		positive("api_burst", int64(c.APIBurst)),
		positive("api_at_once", int64(c.APIAtOnce)),
		positive("api_seconds", int64(c.APISeconds)),
		notNegative("queue_limit", c.QueueLimit),
		notNegative("token_rate", c.TokenRate),
		notNegative("api_rate", c.APIRate),
		notNegative("hsts_days", c.HSTSDays),
	); err != nil {
		return err
	}
	if c.Origins != "" {
		if _, err := auth.ParseRule(c.Origins); err != nil {
			return fmt.Errorf("origins: %w", err)
		}
	}
	r, err := c.roles()
	switch {
	case err != nil:
		return err
	case r.web != r.load && c.TasksAudience == "" && c.Queue == "":
		return errors.New("roles: a process with one of the roles web and load needs a queue that other processes reach: set queue")
	case c.ReadDatabase != "" && !r.web:
		return errors.New("read_database is for the role web, which shows pages and answers queries")
	case c.Data == "" && (c.Database == "" || c.Queue == "" && r.needQueue()):
		return errors.New("data must name a directory, unless both a database and a queue are named")
	case c.MaxConnections < minConnections:
		return fmt.Errorf("max_connections must be at least %d", minConnections)
	case c.VerifySample < 0 || c.VerifySample > 100:
		return errors.New("verify_sample must be a percentage, from 0 to 100")
	case c.Queue != "" && c.QueueListen != "":
		return errors.New("queue_listen is for the embedded queue of the data directory: remove queue, or put listen= into its specification")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen must be HOST:PORT: %w", err)
	}
	for _, host := range c.logHosts() {
		if u, err := url.Parse("//" + host); err != nil || u.Host != host || u.Hostname() == "" {
			return fmt.Errorf("log_hosts: %q is not HOST or HOST:PORT", host)
		}
	}
	if _, err := c.limits(); err != nil {
		return err
	}
	if err := c.checkTLS(); err != nil {
		return err
	}
	if err := c.checkTraces(); err != nil {
		return err
	}
	if err := c.checkAdmin(); err != nil {
		return err
	}
	if err := c.checkFrontEnd(r); err != nil {
		return err
	}
	if err := c.checkTasks(r); err != nil {
		return err
	}
	if err := c.checkRetention(); err != nil {
		return err
	}
	if err := c.checkArtifacts(); err != nil {
		return err
	}
	if err := c.checkSpool(r); err != nil {
		return err
	}
	if err := c.checkPublic(); err != nil {
		return err
	}
	if err := c.checkSandbox(r); err != nil {
		return err
	}
	return c.checkNotify()
}

// logHosts returns the hosts from which logs are fetched.
func (c *Config) logHosts() []string {
	return strings.FieldsFunc(c.LogHosts, func(r rune) bool { return r == ',' || r == ' ' })
}

// trees returns the configured names of trees.
func (c *Config) trees() (*treenames.Names, error) {
	if c.Trees == "" {
		return treenames.Default(), nil
	}
	return treenames.Load(c.Trees)
}

// loopback reports whether an address is reachable only from this machine.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

func (c *Config) databaseFile() string   { return filepath.Join(c.Data, "kcidb.db") }
func (c *Config) publicFile() string     { return filepath.Join(c.Data, "public.db") }
func (c *Config) queueDirectory() string { return filepath.Join(c.Data, "queue") }

// QueueFolder returns the folder of the embedded queue, "" if the queue is elsewhere.
func (c *Config) QueueFolder() string {
	if c.Queue != "" || c.Data == "" {
		return ""
	}
	return c.queueDirectory()
}

// SubscriptionsFolder returns the folder of the subscriptions, "" without one.
func (c *Config) SubscriptionsFolder() string {
	if c.Subscriptions == "" && c.Data != "" {
		return filepath.Join(c.Data, "subscriptions")
	}
	return c.Subscriptions
}

// Check returns the error of New.
func (c *Config) Check(ctx context.Context) error {
	s, err := newService(ctx, *c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return s.close()
}

// Open reports whether others than this machine reach the service.
func (c *Config) Open() bool { return !loopback(c.Listen) }

// Mailer returns the sender of mails, nil if none is configured.
func (c *Config) Mailer(ctx context.Context) (_ *mail.Sender, err error) {
	if c.SMTP == "" {
		return nil, nil
	}
	envelope, err := c.envelope()
	if err != nil {
		return nil, err
	}
	s := &sources{keeper: &secrets.Keeper{Log: slog.New(slog.DiscardHandler)}}
	defer func() { err = errors.Join(err, s.keeper.Close()) }()
	if err := s.open(ctx, c.mailSecret(s, true)); err != nil {
		return nil, err
	}
	return mail.New(mail.Config{URL: c.SMTP, Password: s.smtpPassword, From: envelope.From.Addr})
}
