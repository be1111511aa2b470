// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/service"
)

// Bounds of sufficient space and time.
const (
	leastFree  = 64 << 20 // bytes; the queue refuses submissions below
	littleFree = 0.05     // of a disk
	littleTime = 30       // days until the disk is full
	leastFiles = 4096     // that a process may open
	day        = 24 * time.Hour
)

// checkService asks the running service.
func (d *doctor) checkService(ctx context.Context) {
	running, err := service.Ask(ctx, &d.Config)
	if err != nil {
		d.warn("service", "it does not answer: "+err.Error(), "systemctl status kcidb, or journalctl -u kcidb")
		return
	}
	d.running = running
	for _, part := range running.Parts {
		name, state, found := strings.Cut(part, ": ")
		switch {
		case !found: // more lines of a part
		case state == "OK":
		case strings.HasPrefix(state, "OK"):
			d.ok("service", part)
		default:
			d.fail("service", name+" "+state, "journalctl -u kcidb")
		}
	}
	if running.Ready {
		d.ok("service", "it answers at "+d.Config.Listen)
	}
}

// checkDisk checks the space on the disk of the data.
func (d *doctor) checkDisk(context.Context) {
	if d.Config.Data == "" {
		return
	}
	space, err := spaceOf(d.Config.Data)
	if os.IsNotExist(err) {
		d.warn("disk", "the data directory "+d.Config.Data+" does not exist: the service creates it", "")
		return
	} else if err != nil {
		d.fail("disk", err.Error(), "")
		return
	}
	const mend = "make space, remove old objects (retention_days), or move the data to a larger disk"
	state := fmt.Sprintf("%.1f GB of %.1f GB are free for %s", float64(space.free)/1e9, float64(space.total)/1e9, d.Config.Data)
	switch {
	case space.free < leastFree:
		d.fail("disk", state, mend)
	case float64(space.free) < littleFree*float64(space.total):
		d.warn("disk", state, mend)
	default:
		d.ok("disk", state)
	}
	if space.files > 0 && float64(space.freeFiles) < littleFree*float64(space.files) {
		d.warn("disk", fmt.Sprintf("%d of %d inodes are free", space.freeFiles, space.files), mend)
	}
}

// checkGrowth estimates when the disk is full from the size of the database and the time
// between the first and the last arrival.
func (d *doctor) checkGrowth(first, last time.Time) {
	info, err := os.Stat(filepath.Join(d.Config.Data, "kcidb.db"))
	span := last.Sub(first)
	if err != nil || d.Config.Database != "" || span < day {
		return
	}
	space, err := spaceOf(d.Config.Data)
	if err != nil {
		return
	}
	left := float64(space.free) / (float64(info.Size()) / span.Hours() * 24)
	detail := fmt.Sprintf("at the rate so far the disk is full in %.0f days", left)
	if left < littleTime {
		d.warn("disk", detail, "remove old objects each night: set retention_days")
		return
	}
	d.ok("disk", detail)
}

// checkLimits checks how many files a process may open.
func (d *doctor) checkLimits(context.Context) {
	if n, err := openFiles(); err == nil && n < leastFiles {
		d.warn("limits", fmt.Sprintf("a process may open %d files", n), "LimitNOFILE=65536 in the unit of the service; ulimit -n for this shell")
	} else if err == nil {
		d.ok("limits", fmt.Sprintf("a process may open %d files", n))
	}
}
