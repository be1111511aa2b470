// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
)

// logLevel is the value of --log-level: the Python system's names for slog's
// levels.
type logLevel slog.Level

const (
	logNone = logLevel(math.MaxInt)
	logInfo = logLevel(slog.LevelInfo)
)

var logLevels = []struct {
	name  string
	level logLevel
}{
	{"CRITICAL", logLevel(slog.LevelError + 4)},
	{"FATAL", logLevel(slog.LevelError + 4)},
	{"ERROR", logLevel(slog.LevelError)},
	{"WARN", logLevel(slog.LevelWarn)},
	{"WARNING", logLevel(slog.LevelWarn)},
	{"INFO", logInfo},
	{"DEBUG", logLevel(slog.LevelDebug)},
	{"NONE", logNone},
}

func logLevelWords() []string {
	words := make([]string, len(logLevels))
	for i, l := range logLevels {
		words[i] = l.name
	}
	return words
}

func logLevelNames() string { return strings.Join(logLevelWords(), ", ") }

// Type, String and Set make logLevel a flag's value.
func (l *logLevel) Type() string { return "LEVEL" }

func (l *logLevel) String() string {
	for _, known := range logLevels {
		if known.level == *l {
			return known.name
		}
	}
	return slog.Level(*l).String()
}

func (l *logLevel) Set(text string) error {
	for _, known := range logLevels {
		if strings.EqualFold(known.name, text) {
			*l = known.level
			return nil
		}
	}
	return fmt.Errorf("not one of %s", logLevelNames())
}

// slogName returns the name of the level in the service's configuration.
func (l logLevel) slogName() string {
	switch {
	case l <= logLevel(slog.LevelDebug):
		return "debug"
	case l <= logInfo:
		return "info"
	case l <= logLevel(slog.LevelWarn):
		return "warn"
	}
	return "error"
}

// logger returns a logger of text lines to w.
func (l logLevel) logger(w io.Writer) *slog.Logger {
	if l == logNone {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.Level(l)}))
}
