// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// credentialsDirectory is the environment variable by which systemd names the directory of
// a unit's credentials.
const credentialsDirectory = "CREDENTIALS_DIRECTORY"

// readEnv returns the value of an environment variable.
func readEnv(name string) ([]byte, error) {
	text := os.Getenv(name)
	if text == "" {
		return nil, fmt.Errorf("the environment variable %s is not set: set it to the secret", name)
	}
	return []byte(text), nil
}

// readCredential returns a credential that systemd passed to the unit of this process.
func readCredential(name string) ([]byte, error) {
	dir := os.Getenv(credentialsDirectory)
	if dir == "" {
		return nil, fmt.Errorf("%s is not set: start the program by systemd, with LoadCredential=%s:PATH in its unit", credentialsDirectory, name)
	}
	text, err := readFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: add LoadCredential=%s:PATH to the unit", err, name)
	}
	return text, err
}

// readFile returns what a file contains, but not more than a secret may have.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: let the user that runs this program read it", err)
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxSecret+1))
}

// isRegular reports whether a path leads to a regular file. Others, such as pipes, can be
// read only once.
func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
