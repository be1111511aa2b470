// SPDX-License-Identifier: Apache-2.0

// Package deploy contains only tests. They check the deployment files for
// systemd and Compose: the tools that read the files accept them, and the
// commands and settings in them exist.
package deploy
