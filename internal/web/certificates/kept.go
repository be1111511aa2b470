// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/tls"
	"path/filepath"
)

// Kept returns the certificate of a host that the cache of ACME keeps. Its error is
// fs.ErrNotExist if the service has got none yet.
func Kept(cache, host string) (tls.Certificate, error) {
	file := filepath.Join(cache, host) // the key and the certificates
	return tls.LoadX509KeyPair(file, file)
}
