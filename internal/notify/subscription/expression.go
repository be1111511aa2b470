// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/kcidb-go/kcidb/object"
)

// What an expression may be, and do.
const (
	maxExpression = 10_000    // characters
	maxNesting    = 3         // macros within macros
	maxCost       = 1_000_000 // some milliseconds; a look at a field costs 1
	maxRegexp     = 1_000     // size of a compiled regular expression
	interruptions = 100       // elements of a list between looks at whether to stop
)

// expression is one of the Common Expression Language, ready to be evaluated.
type expression struct {
	words   words
	clauses []string // the parts that && joins, which must all hold
	program cel.Program
	// watched is what could do much more than is written in it: go over lists, make
	// long texts, look for a regular expression. It is for the others not to pay
	// for, which are most, and cost less than the watching.
	watched bool
}

// compile makes an expression about objects of a type, whose result must be of
// a type of its own. What is wrong with it is reported.
func (s *source) compile(key string, on object.Type, result *cel.Type, w words) *expression {
	if utf8.RuneCountInString(w.text) > maxExpression {
		s.problem(w.line, w.column, "%s: longer than %d characters", key, maxExpression)
		return nil
	}
	env := environment(on)
	checked, issues := env.Compile(w.text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			line, column := w.position(offsetOf(w.text, e.Location.Line(), e.Location.Column()))
			s.problem(line, column, "%s: %s", key, explain(e.Message))
		}
		return nil
	}
	if !checked.OutputType().IsExactType(result) {
		line, column := w.position(0)
		s.problem(line, column, "%s: must be %s, and is %s", key, result, checked.OutputType())
		return nil
	}
	x := &expression{words: w, clauses: split(w.text)}
	makes := false
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		x.watched = x.watched || costly(e)
		makes = makes || e.Kind() == ast.StructKind
	}))
	if makes {
		s.problem(w.line, w.column, "%s: must not make objects", key)
		return nil
	}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if x.watched {
		options = append(options, cel.CostLimit(maxCost), cel.InterruptCheckFrequency(interruptions))
	}
	var err error
	if x.program, err = env.Program(checked, options...); err != nil {
		s.problem(w.line, w.column, "%s: %v", key, err)
		return nil
	}
	return x
}

func costly(e ast.Expr) bool {
	if e.Kind() == ast.CallKind {
		name := e.AsCall().FunctionName()
		return name == operators.Add || name == overloads.Matches
	}
	return e.Kind() == ast.ComprehensionKind
}

// offsetOf returns the offset of a character of a line, as errors name it.
func offsetOf(text string, line, column int) int {
	offset := 0
	for range line - 1 {
		end := strings.IndexByte(text[offset:], '\n')
		if end < 0 {
			return len(text)
		}
		offset += end + 1
	}
	for range column {
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}

var undefinedField = regexp.MustCompile(`^undefined field '(\w+)'$`)

// explain adds to a message what may have been meant.
func explain(message string) string {
	if field := undefinedField.FindStringSubmatch(message); field != nil {
		return fmt.Sprintf("there is no field %q here%s", field[1], nearest(fieldNames(), field[1]))
	}
	return message
}

// truth evaluates an expression that is true or false.
func (x *expression) truth(ctx context.Context, in *Input) (bool, error) {
	out, err := x.evaluate(ctx, in)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// text evaluates an expression that is a text.
func (x *expression) text(ctx context.Context, in *Input) (string, error) {
	out, err := x.evaluate(ctx, in)
	if err != nil {
		return "", err
	}
	return string(out.(types.String)), nil
}

func (x *expression) evaluate(ctx context.Context, in *Input) (out ref.Val, err error) {
	if x.watched {
		out, _, err = x.program.ContextEval(ctx, (*variables)(in))
	} else {
		out, _, err = x.program.Eval((*variables)(in))
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// variables are what expressions know, by name.
type variables Input

// ResolveName returns a variable. The statuses are looked up only where an
// expression needs them.
func (v *variables) ResolveName(name string) (any, bool) {
	switch name {
	case "object":
		return v.Object, true
	case "created":
		return types.Bool(v.Created), true
	case "was":
		return status(v.Was()), true
	case "now":
		return status(v.Now()), true
	}
	return nil, false
}

// Parent returns nil: there are no others.
func (v *variables) Parent() cel.Activation { return nil }

func status(text string, err error) any {
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(text)
}

// environments are what expressions about objects of each type are compiled in.
var environments = sync.OnceValue(func() map[object.Type]*cel.Env {
	base, err := cel.NewEnv(
		cel.CustomTypeAdapter(adapter{}), cel.CustomTypeProvider(provider{registry}),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(100),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(maxNesting), cel.ValidateRegexLiterals()),
		cel.RegexProgramSizeLimit(maxRegexp),
		cel.Variable("was", cel.StringType), cel.Variable("now", cel.StringType),
		cel.Variable("created", cel.BoolType),
		under,
	)
	envs := map[object.Type]*cel.Env{}
	for on, k := range kinds {
		if err == nil {
			envs[on], err = base.Extend(cel.Variable("object", k.typ))
		}
	}
	if err != nil {
		panic(err) // a mistake in the tables
	}
	return envs
})

func environment(on object.Type) *cel.Env { return environments()[on] }
