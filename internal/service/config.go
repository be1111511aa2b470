// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/secret"
	"github.com/kcidb-go/kcidb/internal/treenames"
)

// Config is what a service is told. Each field is a key of the configuration
// file, named by its yaml tag, and a variable of the environment, named KCIDB_
// and the key in capitals. The zero value of a field is not its default:
// begin with DefaultConfig.
type Config struct {
	// Data is the directory for what the service keeps: the embedded queue
	// and the SQLite database, unless others are named. It is made where it is
	// not there, for its owner only.
	Data string `yaml:"data"`
	// Listen is the HOST:PORT to serve HTTP at; port 0 takes a free one.
	Listen string `yaml:"listen"`

	// Roles are what this process does, with commas between: any of web (takes
	// submissions in, shows pages, answers queries), load (loads submissions) and
	// notify (tells people what changed). Whatever it does, it serves /health,
	// /ready and /metrics at Listen.
	Roles string `yaml:"roles"`

	// Database is the specification of the database, "" for SQLite in Data.
	// That one is made, and brought to the newest schema, at the start; any
	// other has to be there ("kcidb db init", "kcidb db upgrade").
	Database string `yaml:"database"`
	// ReadDatabase is the specification of a replica of it, which pages and
	// queries ask instead; "" for none. What decides asks the database itself.
	ReadDatabase string `yaml:"read_database"`
	// Queue is the specification of the queue, "" for an embedded one in Data.
	Queue string `yaml:"queue"`
	// QueueListen is the HOST:PORT at which the embedded queue takes
	// submissions from other processes; "" opens no port. Beyond the loopback
	// interface these must show QueueToken.
	QueueListen string      `yaml:"queue_listen"`
	QueueToken  secret.Text `yaml:"queue_token"`

	// JWTSecret is the secret that submitters' tokens are signed with, and
	// JWTSecretFile a file with it. Where both are empty everybody may submit.
	JWTSecret     secret.Text `yaml:"jwt_secret"`
	JWTSecretFile string      `yaml:"jwt_secret_file"`
	// UnifiedSecret is a second secret, tried when the first one does not fit,
	// and UnifiedSecretFile a file with it.
	UnifiedSecret     secret.Text `yaml:"unified_secret"`
	UnifiedSecretFile string      `yaml:"unified_secret_file"`
	// AllowOpen lets a service without JWTSecret listen beyond the loopback
	// interface.
	AllowOpen bool `yaml:"allow_open"`

	// MaxSubmission bounds a report, decompressed. MaxMemory bounds what has arrived
	// of all reports at a time, but for one of them that may take MaxSubmission in
	// addition; and, once more, what checking them takes, but for a report that takes
	// more alone.
	MaxSubmission Size `yaml:"max_submission"`
	MaxMemory     Size `yaml:"max_memory"`

	// BatchMessages, BatchObjects and BatchBytes bound what is loaded in one
	// transaction. A submission beyond a bound is loaded alone.
	BatchMessages int  `yaml:"batch_messages"`
	BatchObjects  int  `yaml:"batch_objects"`
	BatchBytes    Size `yaml:"batch_bytes"`

	// ReceiptDays is how long the service knows what became of a submission.
	ReceiptDays int `yaml:"receipt_days"`

	// Subscriptions is the directory of the subscriptions, "" for the one of this
	// name in Data, which is made. All processes that notify need the same ones.
	Subscriptions string `yaml:"subscriptions"`
	// BaseURL is the URL at which people see the pages, which notifications link
	// to; without it they have no links.
	BaseURL string `yaml:"base_url"`
	// Trees is a YAML file of names of trees by the URLs of their repositories, which
	// goes over those that come with the program; "" for none.
	Trees string `yaml:"trees"`
	// LogHosts are hosts, with commas between, whose logs are fetched for pages that
	// cannot get them themselves: HOST or HOST:PORT. Without them none are.
	LogHosts string `yaml:"log_hosts"`
	// APIRate is how many requests an address may send in a second, 0 for
	// any number, and APIBurst how many at once when it sent none for a while. Where
	// TrustedProxies, networks with commas between, pass a request on, the address is
	// the one that they name in X-Forwarded-For.
	APIRate        int    `yaml:"api_rate"`
	APIBurst       int    `yaml:"api_burst"`
	TrustedProxies string `yaml:"trusted_proxies"`
	// APIAtOnce is how many requests to the API are answered at a time, those for pages
	// a quarter as many, and APISeconds how long an answer may take, until the client
	// has it.
	APIAtOnce  int `yaml:"api_at_once"`
	APISeconds int `yaml:"api_seconds"`
	// CORSOrigins are the sites whose pages may show what the API answers, as
	// SCHEME://HOST[:PORT] with commas between; * is all.
	CORSOrigins string `yaml:"cors_origins"`
	// SMTP is the mail server: smtp://[USER@]HOST[:PORT], with TLS begun on the
	// way, or smtps://... with TLS from the start. Without it no mail is sent, and
	// those there are to be sent wait.
	SMTP string `yaml:"smtp"`
	// SMTPPassword is the password of the user, and SMTPPasswordFile a file with it.
	SMTPPassword     secret.Text `yaml:"smtp_password"`
	SMTPPasswordFile string      `yaml:"smtp_password_file"`
	// MailFrom is the address all mails are from. MailCc are addresses, with
	// commas between, that get a copy of each. MailToOverride gets all mails, and
	// nobody else any: for trying things.
	MailFrom       string `yaml:"mail_from"`
	MailCc         string `yaml:"mail_cc"`
	MailToOverride string `yaml:"mail_to_override"`
	// MailBudget is how many mails an address gets in a day, 0 for any number.
	// What is more is told of in one mail at the end of the day.
	MailBudget int `yaml:"mail_budget"`
	// NotificationDays is how long the service knows what became of notifications.
	NotificationDays int `yaml:"notification_days"`

	// LogLevel is debug, info, warn or error.
	LogLevel string `yaml:"log_level"`
	// LogFormat is text, json, or auto: text on a terminal, JSON otherwise.
	LogFormat string `yaml:"log_format"`
}

// DefaultConfig returns the configuration of a service that is told nothing.
func DefaultConfig() Config {
	return Config{
		Data:          "kcidb-data",
		Listen:        "127.0.0.1:8080",
		Roles:         allRoles,
		MaxSubmission: 512 << 20,
		MaxMemory:     512 << 20,
		BatchMessages: ingest.DefaultLimits.Messages,
		BatchObjects:  ingest.DefaultLimits.Objects,
		BatchBytes:    Size(ingest.DefaultLimits.Bytes),
		ReceiptDays:   30,

		APIRate:    50,
		APIBurst:   500,
		APIAtOnce:  16,
		APISeconds: 120,

		MailFrom:         "kcidb@localhost",
		MailBudget:       100,
		NotificationDays: 365,

		LogLevel:  "info",
		LogFormat: "auto",
	}
}

// check tells what is wrong with the configuration.
func (c *Config) check() error {
	positive := func(key string, n int64) error {
		if n < 1 {
			return fmt.Errorf("%s must be at least 1", key)
		}
		return nil
	}
	if err := errors.Join(
		positive("max_submission", int64(c.MaxSubmission)),
		positive("max_memory", int64(c.MaxMemory)),
		positive("batch_messages", int64(c.BatchMessages)),
		positive("batch_objects", int64(c.BatchObjects)),
		positive("batch_bytes", int64(c.BatchBytes)),
		positive("receipt_days", int64(c.ReceiptDays)),
	); err != nil {
		return err
	}
	r, err := c.roles()
	switch {
	case err != nil:
		return err
	case r.web != r.load && c.Queue == "":
		return errors.New("roles: a process that takes submissions in, or loads them, without doing both needs a queue that others reach: name one by queue")
	case c.ReadDatabase != "" && !r.web:
		return errors.New("read_database is for the role web, which shows pages and answers queries")
	case c.Data == "" && (c.Database == "" || c.Queue == "" && r.needQueue()):
		return errors.New("data must name a directory, unless both a database and a queue are named")
	case c.Queue != "" && c.QueueListen != "":
		return errors.New("queue_listen is for the embedded queue of the data directory: leave out queue, or put listen= into its specification")
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
	return c.checkNotify()
}

// logHosts returns the hosts that logs are fetched from.
func (c *Config) logHosts() []string {
	return strings.FieldsFunc(c.LogHosts, func(r rune) bool { return r == ',' || r == ' ' })
}

// checker returns the authentication the configuration asks for.
func (c *Config) checker() (*auth.Checker, error) {
	primary, err := readSecret(c.JWTSecret, "jwt_secret_file", c.JWTSecretFile)
	if err != nil {
		return nil, err
	}
	unified, err := readSecret(c.UnifiedSecret, "unified_secret_file", c.UnifiedSecretFile)
	if err != nil {
		return nil, err
	}
	if primary == "" && unified != "" {
		return nil, errors.New("unified_secret is a second secret: set jwt_secret, too")
	}
	r, err := c.roles()
	if err != nil {
		return nil, err
	}
	if primary == "" && r.web && !c.AllowOpen && !loopback(c.Listen) {
		return nil, fmt.Errorf("listening on %s without authentication lets anybody in: set jwt_secret (or KCIDB_JWT_SECRET), "+
			"listen on 127.0.0.1, or set allow_open if that is what you want", c.Listen)
	}
	return &auth.Checker{Primary: primary, Unified: unified}, nil
}

// readSecret returns the given secret, or else the content of the file. An empty
// file is an error, because it must not turn authentication off.
func readSecret(given secret.Text, key, file string) (secret.Text, error) {
	if given != "" || file == "" {
		return given, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	if s := strings.TrimRight(string(text), "\r\n"); s != "" {
		return secret.Text(s), nil
	}
	return "", fmt.Errorf("%s: %s is empty", key, file)
}

// trees returns the names of trees that the configuration asks for.
func (c *Config) trees() (*treenames.Names, error) {
	if c.Trees == "" {
		return treenames.Default(), nil
	}
	return treenames.Load(c.Trees)
}

// loopback tells whether an address is reached from this machine only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

func (c *Config) databaseFile() string   { return filepath.Join(c.Data, "kcidb.db") }
func (c *Config) queueDirectory() string { return filepath.Join(c.Data, "queue") }
