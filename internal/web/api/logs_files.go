// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

type logFilesInput struct {
	URL string `query:"log_download_url" required:"true" maxLength:"8000" doc:"URL of a log"`
}

type logFiles struct {
	Files []logFile `json:"log_files" doc:"Files of the log"`
}

type logFile struct {
	URL  string     `json:"specific_log_url" doc:"URL of the file"`
	Name string     `json:"file_name" doc:"Name of the file"`
	Size *int64     `json:"file_size" doc:"Size in bytes; always null, because the file is not read"`
	Date *time.Time `json:"date" doc:"Time of the last change; always null, because the file is not read"`
}

// files returns the log at a URL, if it may be fetched.
func (p *logProxy) files(text string) (logFiles, error) {
	u, err := p.parse(text)
	if f, ok := errors.AsType[*failed](err); ok && f.status == http.StatusForbidden {
		return logFiles{}, nil
	}
	if err != nil {
		return logFiles{}, badRequest("log_download_url is not the URL of a log: expected http:// or https://, and a host")
	}
	return logFiles{[]logFile{{URL: u.String(), Name: u.Path[strings.LastIndexByte(u.Path, '/')+1:]}}}, nil
}
