// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func newQueryCommand(p *program) *cobra.Command {
	return queryCommand(p, "kcidb query")
}
