// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/object"
)

// Limits of an expression.
const (
	maxExpression = 10_000    // characters
	maxNesting    = 3         // macros within macros
	maxCost       = 1_000_000 // some milliseconds; reading a field costs 1
	maxRegexp     = 1_000     // size of a compiled regular expression
	interruptions = 100       // elements of a list between checks of the context
)

// expression is an expression of the Common Expression Language, ready for evaluation.
type expression struct {
	words   words
	clauses []string // the parts that && joins
	program cel.Program
	// watched is set if the cost is not bounded by the length of the expression: it
	// iterates over lists, concatenates texts or matches regular expressions. Most
	// expressions do not, and cost less than the watching.
	watched bool
}

// compile compiles an expression about objects of a type, whose result has a type. It
// reports mistakes.
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
		x.watched = x.watched || isCostly(e)
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

func isCostly(e ast.Expr) bool {
	if e.Kind() == ast.CallKind {
		name := e.AsCall().FunctionName()
		return name == operators.Add || name == overloads.Matches
	}
	return e.Kind() == ast.ComprehensionKind
}

// offsetOf returns the offset of a line and a column of an error.
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

var undefinedField = lazyregexp.New(`^undefined field '(\w+)'$`)

// explain adds to a message the name that was probably meant.
func explain(message string) string {
	if field := undefinedField().FindStringSubmatch(message); field != nil {
		return fmt.Sprintf("there is no field %q here%s", field[1], nearestName(fieldNames(), field[1]))
	}
	return message
}

// isTrue evaluates an expression with a boolean result.
func (x *expression) isTrue(ctx context.Context, in *Input) (bool, error) {
	out, err := x.evaluate(ctx, in)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// text evaluates an expression with a text as result.
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

// variables are the variables of expressions.
type variables Input

// ResolveName returns a variable. It reads the statuses only if an expression uses
// them.
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

// Parent returns nil, because no other variables exist.
func (v *variables) Parent() cel.Activation { return nil }

func status(text string, err error) any {
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(text)
}

// environments has the environment of expressions for each type of object.
var environments = sync.OnceValue(func() map[object.Type]*cel.Env {
	base, err := cel.NewEnv(
		cel.CustomTypeAdapter(adapter{}), cel.CustomTypeProvider(provider{registry()}),
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
