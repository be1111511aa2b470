// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// ResultParams are the parameters of Selection. They have a field each in ResultFields.
var ResultParams = []string{"arch", "compiler", "config", "lab", "origin", "platform"}

// Selection returns the results that the parameters select by where they ran and how their
// kernel was built.
func (f Filter) Selection() verdicts.Selection {
	return verdicts.Selection{
		Platform: f.All("platform"), Architecture: f.All("arch"), Config: f.All("config"), Compiler: f.All("compiler"),
		Lab: f.All("lab"), Origin: f.All("origin"),
	}
}

// ResultFields returns the fields of a filter bar for ResultParams, texts to type.
func ResultFields() []Field {
	return []Field{
		{Label: "Board", Name: "platform", Placeholder: "any"},
		{Label: "Architecture", Name: "arch", Placeholder: "any"},
		{Label: "Configuration", Name: "config", Placeholder: "any"},
		{Label: "Compiler", Name: "compiler", Placeholder: "any"},
		{Label: "Lab", Name: "lab", Placeholder: "any"},
		{Label: "Origin", Name: "origin", Placeholder: "any"},
	}
}

// VerdictField returns the field of a filter bar for the parameter "verdict".
func VerdictField() Field {
	f := Field{Label: "Verdict", Name: "verdict", Placeholder: "any"}
	for _, k := range verdict.Kinds {
		f.Options = append(f.Options, Option{Value: string(k), Text: k.Phrase()})
	}
	return f
}
