// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// plan evaluates resources of Terraform, as "terraform plan" does.
type plan struct {
	terraformFiles
	t     *testing.T
	known map[string]cty.Value // resources by KIND.NAME
	given map[string]cty.Value // variables that differ from the examples
}

func newPlan(t *testing.T, tf terraformFiles) *plan {
	return &plan{tf, t, map[string]cty.Value{}, map[string]cty.Value{}}
}

// instance is a resource, or one of those that for_each makes.
type instance struct {
	kind  string
	body  *hclsyntax.Body
	scope map[string]cty.Value // the values of each
}

// instances returns the instances of a resource, by their keys; "" for a single one.
func (p *plan) instances(block *hclsyntax.Block) map[string]instance {
	one := instance{kind: block.Labels[0], body: block.Body}
	each, ok := block.Body.Attributes["for_each"]
	if !ok {
		return map[string]instance{"": one}
	}
	all := map[string]instance{}
	for it := p.eval(each.Expr, nil).ElementIterator(); it.Next(); {
		key, value := it.Element()
		one.scope = map[string]cty.Value{"key": key, "value": value}
		all[key.AsString()] = one
	}
	return all
}

// eval evaluates an expression. Locals and resources that it needs are evaluated first.
func (p *plan) eval(e hcl.Expression, each map[string]cty.Value) cty.Value {
	p.t.Helper()
	locals, resources := map[string]cty.Value{}, map[string]map[string]cty.Value{}
	for _, use := range e.Variables() {
		root := use.RootName()
		switch {
		case root == "local":
			name := use[1].(hcl.TraverseAttr).Name
			locals[name] = p.eval(p.locals[name], nil)
		case strings.HasPrefix(root, "google_"):
			name := use[1].(hcl.TraverseAttr).Name
			if resources[root] == nil {
				resources[root] = map[string]cty.Value{}
			}
			resources[root][name] = p.resource(root, name)
		}
	}
	scope := &hcl.EvalContext{
		Variables: map[string]cty.Value{
			"local": cty.ObjectVal(locals), "var": cty.ObjectVal(p.variables()), "each": cty.ObjectVal(each),
			"path": cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal("google/terraform")}),
			"data": cty.ObjectVal(map[string]cty.Value{"google_project": cty.ObjectVal(map[string]cty.Value{
				"this": cty.ObjectVal(map[string]cty.Value{"number": cty.StringVal("123")}), // that of googletest
			})}),
		},
		Functions: map[string]function.Function{
			"merge": stdlib.MergeFunc, "concat": stdlib.ConcatFunc, "join": stdlib.JoinFunc, "jsondecode": stdlib.JSONDecodeFunc,
			"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)), "file": fileFunction,
		},
	}
	for kind, all := range resources {
		scope.Variables[kind] = cty.ObjectVal(all)
	}
	v, diags := e.Value(scope)
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	return v
}

var fileFunction = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "path", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		text, err := os.ReadFile(args[0].AsString())
		return cty.StringVal(string(text)), err
	},
})

// variables returns the examples, and the defaults of the other variables.
func (p *plan) variables() map[string]cty.Value {
	all := maps.Clone(example)
	maps.Copy(all, p.given)
	for _, block := range p.blocks("variable") {
		if d, ok := block.Body.Attributes["default"]; ok && all[block.Labels[0]] == cty.NilVal {
			all[block.Labels[0]], _ = d.Expr.Value(nil)
		}
	}
	return all
}

// identifying are the attributes by which resources refer to each other.
var identifying = []string{"name", "account_id", "dataset_id", "secret_id", "location"}

// resource returns the identifying attributes of a resource, with those that Google adds.
func (p *plan) resource(kind, name string) cty.Value {
	p.t.Helper()
	if v, ok := p.known[kind+"."+name]; ok {
		return v
	}
	all := map[string]cty.Value{}
	for _, block := range p.blocks("resource") {
		if block.Labels[0] != kind || block.Labels[1] != name {
			continue
		}
		for key, i := range p.instances(block) {
			all[key] = p.attributes(i)
		}
	}
	v, single := all[""]
	if !single {
		v = cty.ObjectVal(all)
	}
	p.known[kind+"."+name] = v
	return v
}

func (p *plan) attributes(i instance) cty.Value {
	values := map[string]cty.Value{}
	id := ""
	for _, name := range identifying {
		if a, ok := i.body.Attributes[name]; ok {
			values[name] = p.eval(a.Expr, i.scope)
			if name != "location" {
				id = values[name].AsString()
			}
		}
	}
	switch i.kind {
	case "google_service_account":
		values["email"] = cty.StringVal(id + "@my-project.iam.gserviceaccount.com")
	case "google_cloud_run_v2_job":
		id = fmt.Sprintf("projects/my-project/locations/%s/jobs/%s", values["location"].AsString(), id)
	}
	values["id"] = cty.StringVal(id)
	return cty.ObjectVal(values)
}

// attribute returns an attribute of an instance as a text.
func (p *plan) attribute(i instance, name string) string {
	p.t.Helper()
	a, ok := i.body.Attributes[name]
	if !ok {
		p.t.Fatalf("%s has no %s", i.kind, name)
	}
	return p.eval(a.Expr, i.scope).AsString()
}
