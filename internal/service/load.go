// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

// LoadConfig returns the defaults, overridden by a file, overridden by the
// environment. The file is YAML; "" means no file. JWT_SECRET and
// UNIFIED_SECRET, the names that the Python system's service uses, are read if
// their KCIDB_ forms are not set. A variable that is set but empty counts as
// not set.
func LoadConfig(file string, env func(string) (string, bool)) (Config, error) {
	c := DefaultConfig()
	keys := keysOf(&c)
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return Config{}, fmt.Errorf("configuration: %w", err)
		}
		if err := readFile(keys, text); err != nil {
			return Config{}, fmt.Errorf("configuration %s:%w", file, err)
		}
	}
	aliases := map[string]string{"jwt_secret": "JWT_SECRET", "unified_secret": "UNIFIED_SECRET"}
	for _, k := range keys {
		variable := k.variable()
		value, _ := env(variable)
		if value == "" && aliases[k.name] != "" {
			variable = aliases[k.name]
			value, _ = env(variable)
		}
		if value == "" {
			continue
		}
		if err := k.set(value); err != nil {
			return Config{}, fmt.Errorf("environment variable %s: %w", variable, err)
		}
	}
	return c, nil
}

// Variables returns the names of the environment variables that LoadConfig reads
// for the keys of the configuration.
func Variables() []string {
	var all []string
	for _, k := range keysOf(new(Config)) {
		all = append(all, k.variable())
	}
	return all
}

// key is a field of a Config.
type key struct {
	name  string
	field any // pointer to it
}

// variable returns the environment variable that overrides the key.
func (k key) variable() string { return "KCIDB_" + strings.ToUpper(k.name) }

func keysOf(c *Config) []key {
	var keys []key
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		keys = append(keys, key{v.Type().Field(i).Tag.Get("yaml"), v.Field(i).Addr().Interface()})
	}
	return keys
}

// set sets the field to the value that a text represents. Errors do not
// contain a text that may be secret.
func (k key) set(text string) (err error) {
	switch field := k.field.(type) {
	case *string:
		*field = text
	case *secret.Text:
		*field = secret.Text(text)
	case *Size:
		err = field.Set(text)
	case *int:
		if *field, err = strconv.Atoi(text); err != nil {
			err = fmt.Errorf("%q is not a whole number", text)
		}
	case *bool:
		if *field, err = strconv.ParseBool(text); err != nil {
			err = fmt.Errorf("%q is neither true nor false", text)
		}
	default:
		panic("key of an unknown type: " + k.name)
	}
	return err
}

// readFile sets the keys to the values in a YAML text. Its errors begin with
// the line. The library's own errors contain the surrounding lines, which may
// hold secrets, so only their messages are used.
func readFile(keys []key, text []byte) error {
	file, err := parser.ParseBytes(text, 0)
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		return fmt.Errorf("%d: %s", syntax.GetToken().Position.Line, syntax.GetMessage())
	} else if err != nil {
		return fmt.Errorf(" %w", err)
	}
	for i, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
		case *ast.MappingNode:
			if i > 0 {
				return fmt.Errorf("%d: a second document: there must be one only", body.GetToken().Position.Line)
			}
			if err := readMapping(keys, body.Values); err != nil {
				return err
			}
		case *ast.MappingValueNode:
			if err := readMapping(keys, []*ast.MappingValueNode{body}); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%d: expected lines of KEY: VALUE", body.GetToken().Position.Line)
		}
	}
	return nil
}

func readMapping(keys []key, entries []*ast.MappingValueNode) error {
	for _, entry := range entries {
		line := entry.Key.GetToken().Position.Line
		name := entry.Key.GetToken().Value
		i := find(keys, name)
		if i < 0 {
			return fmt.Errorf("%d: unknown key %q: did you mean %q?", line, name, nearestKey(keys, name))
		}
		if err := readValue(keys[i], entry.Value); err != nil {
			return fmt.Errorf("%d: key %q: %w", line, name, err)
		}
	}
	return nil
}

func find(keys []key, name string) int {
	for i, k := range keys {
		if k.name == name {
			return i
		}
	}
	return -1
}

// readValue sets a field from a value of the YAML type that the field needs. A
// number in place of text would lose its leading zeros, and "no" is a boolean
// only in some versions of YAML.
func readValue(k key, value ast.Node) error {
	var fits bool
	var wanted string
	switch k.field.(type) {
	case *string, *secret.Text:
		wanted = "text (in quotes, if it looks like something else)"
		_, plain := value.(*ast.StringNode)
		_, block := value.(*ast.LiteralNode)
		fits = plain || block
	case *bool:
		wanted = "true or false"
		_, fits = value.(*ast.BoolNode)
	case *int:
		wanted = "a whole number"
		_, fits = value.(*ast.IntegerNode)
	case *Size:
		wanted = "a number of bytes, such as 1048576 or 512MiB"
		_, number := value.(*ast.IntegerNode)
		_, text := value.(*ast.StringNode)
		fits = number || text
	}
	if !fits {
		return fmt.Errorf("expected %s, found %s", wanted, strings.ToLower(value.Type().YAMLName()))
	}
	if block, ok := value.(*ast.LiteralNode); ok {
		return k.set(block.Value.Value)
	}
	return k.set(value.GetToken().Value)
}

// nearestKey returns the name of the key with the fewest edits from name.
func nearestKey(keys []key, name string) string {
	best, least := "", -1
	for _, k := range keys {
		if n := levenshtein.ComputeDistance(k.name, name); least < 0 || n < least {
			best, least = k.name, n
		}
	}
	return best
}
