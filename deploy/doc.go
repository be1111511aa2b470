// SPDX-License-Identifier: Apache-2.0

// Package deploy holds nothing but its tests. They hold the files by
// which KCIDB is deployed, in systemd and compose, to what the tools that read
// them expect, and to the commands and the configuration there are.
package deploy
