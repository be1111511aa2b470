// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"net"
	"path/filepath"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// RunNATS runs a NATS server at an address, with its files in a folder, until ctx ends.
func RunNATS(ctx context.Context, address, dir string) error {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(service)
	if err != nil {
		return err
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "soak", Host: host, Port: port, JetStream: true, StoreDir: dir, SyncAlways: true, NoSigs: true,
	})
	if err != nil {
		return err
	}
	go srv.Start()
	<-ctx.Done()
	srv.Shutdown()
	srv.WaitForShutdown()
	return nil
}

// newNATS returns a NATS server that a command runs, with the address and the folder of its
// files as last arguments: see RunNATS.
func newNATS(command []string, dir string) (*process, error) {
	p, err := newProcess("nats", dir)
	if err != nil {
		return nil, err
	}
	p.command = append(command[:len(command):len(command)], p.address, filepath.Join(dir, "nats"))
	p.answers = func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	return p, nil
}
