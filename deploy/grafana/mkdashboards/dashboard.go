// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// width is the number of columns of Grafana's grid.
const width = 24

// dashboard is a whole page.
type dashboard struct {
	page
	description string
	from        string // the initial period, up to now; "" if the page has no period
	variables   []object
	links       []link
	rows        []row
}

// row is panels side by side.
type row struct {
	height int
	panels []panel
}

// panel is a panel without a position.
type panel struct {
	width int
	body  object
}

// json returns the dashboard in Grafana's format.
func (d dashboard) json() ([]byte, error) {
	panels, err := d.panels()
	if err != nil {
		return nil, err
	}
	from, picker := d.from, object{}
	if from == "" {
		from = d.page.engine.objectPeriod
	}
	if from == "" {
		from, picker = "now-7d", object{"hidden": true} // hidden, because it would change nothing
	}
	content := object{
		"uid":           d.uid(),
		"title":         d.page.title,
		"description":   d.description,
		"tags":          []string{"kcidb"},
		"schemaVersion": 39,
		"version":       1,
		"editable":      true,
		"graphTooltip":  0,
		"timezone":      "utc", // the SQL uses days in UTC
		"time":          object{"from": from, "to": "now"},
		"timepicker":    picker,
		"annotations":   object{"list": []any{}},
		"templating":    object{"list": slices.Concat([]object{d.page.engine.sourceVariable()}, d.page.engine.variables, d.variables)},
		"links":         d.pageLinks(),
		"panels":        panels,
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // "<" and "&" stay readable
	encoder.SetIndent("", "  ")
	err = encoder.Encode(content)
	return out.Bytes(), err
}

// panels returns the panels with their positions, numbered in reading order.
func (d dashboard) panels() ([]object, error) {
	var placed []object
	y := 0
	for i, r := range d.rows {
		x := 0
		for _, p := range r.panels {
			p.body["id"] = len(placed) + 1
			p.body["gridPos"] = object{"x": x, "y": y, "w": p.width, "h": r.height}
			placed = append(placed, p.body)
			x += p.width
		}
		if x != width {
			return nil, fmt.Errorf("row %d is %d wide, not %d", i, x, width)
		}
		y += r.height
	}
	return placed, nil
}

// pageLinks returns the links above the panels.
func (d dashboard) pageLinks() []object {
	links := []object{}
	for _, l := range d.links {
		links = append(links, object{
			"type": "link", "title": l.title, "url": l.url, "tooltip": "", "icon": "dashboard", "tags": []string{},
			"asDropdown": false, "includeVars": false, "keepTime": true, "targetBlank": false,
		})
	}
	return links
}
