// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/all"
)

// probe is the file that is written into an artifact store, and removed.
var probe = artifact.File{Name: "doctor-probe", Data: []byte("Written and removed by kcidb doctor.\n")}

// checkArtifacts writes a file into the artifact store and removes it.
func (d *doctor) checkArtifacts(ctx context.Context) {
	spec := d.Config.ArtifactsSpec()
	if spec == "" {
		return
	}
	if folder, is := strings.CutPrefix(spec, "folder:"); is {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			d.warn("artifacts", "the folder "+folder+" does not exist yet: the service creates it", "")
			return
		}
	}
	if err := tryArtifacts(ctx, spec); err != nil {
		d.fail("artifacts", err.Error(), "submissions are accepted only if they can be kept: mend "+spec+", or set artifacts: none")
		return
	}
	d.ok("artifacts", spec+" can be written")
}

func tryArtifacts(ctx context.Context, spec string) (err error) {
	store, err := all.Open(ctx, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Bucket.Write(ctx, []artifact.File{probe}); err != nil {
		return err
	}
	return store.Bucket.Delete(ctx, probe.Name)
}
