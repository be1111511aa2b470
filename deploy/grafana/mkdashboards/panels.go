// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
)

// newPanel returns a panel that shows the result of a query.
func newPanel(kind, title string, width int, q query, format any) panel {
	return panel{width: width, body: object{
		"type": kind, "title": title, "description": q.answers, "datasource": q.engine.source(),
		"targets": []object{{
			"refId": "A", "datasource": q.engine.source(), "editorMode": "code", "rawQuery": true,
			"format": format, "rawSql": q.sql,
		}},
	}}
}

// columnLinks are the links of a table, by column name.
type columnLinks map[string]link

// table shows the rows of the result.
func table(title string, width int, q query, links columnLinks) panel {
	p := newPanel("table", title, width, q, q.engine.table)
	overrides := tableFields()
	for _, name := range slices.Sorted(maps.Keys(links)) {
		overrides = append(overrides, override("byName", name, property("links", dataLinks(links[name]))))
	}
	p.body["fieldConfig"] = object{
		"defaults": object{
			"color":  object{"mode": "thresholds"},
			"custom": object{"align": "auto", "filterable": true, "inspect": false},
		},
		"overrides": overrides,
	}
	p.body["options"] = object{"showHeader": true, "cellHeight": "sm", "frameIndex": 0}
	return p
}

// facts shows rows of a name and a value. Values may be long.
func facts(title string, width int, q query) panel {
	p := newPanel("table", title, width, q, q.engine.table)
	p.body["fieldConfig"] = object{
		"defaults": object{"custom": object{"align": "auto", "inspect": true}},
		"overrides": []object{
			override("byName", "Fact", property("custom.width", 150)),
			override("byName", "Value", property("custom.cellOptions", object{"type": "auto", "wrapText": true})),
		},
	}
	p.body["options"] = object{"showHeader": false, "cellHeight": "sm", "frameIndex": 0}
	return p
}

// figures shows the fields of one row as large figures, side by side.
func figures(title string, width int, q query) panel {
	p := newPanel("stat", title, width, q, q.engine.table)
	p.body["fieldConfig"] = object{
		"defaults": object{
			"color":      object{"mode": "thresholds"},
			"thresholds": object{"mode": "absolute", "steps": []object{{"color": "text", "value": nil}}},
			"mappings":   []object{statusMapping()},
		},
		"overrides": statFields(),
	}
	p.body["options"] = object{
		"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
		"textMode": "value_and_name", "wideLayout": true, "showPercentChange": false, "percentChangeColorMode": "standard",
		// All fields, because only numbers would be shown otherwise.
		"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "/.*/", "values": false},
	}
	return p
}

// legend is the legend below a chart.
func legend() object {
	return object{"showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": []string{}}
}

// tooltip shows all parts of a bar.
func tooltip() object { return object{"mode": "multi", "sort": "none"} }

// daily shows results day by day, as bars in the colours of the statuses.
func daily(title string, width int, q query) panel {
	p := newPanel("timeseries", title, width, q, q.engine.timeSeries)
	p.body["fieldConfig"] = object{
		"defaults": object{
			"unit": "short", "min": 0,
			"custom": object{
				"drawStyle": "bars", "barAlignment": 1, "fillOpacity": 80, "lineWidth": 0, "showPoints": "never",
				"stacking": object{"mode": "normal", "group": "A"},
			},
		},
		"overrides": statusColors(),
	}
	p.body["options"] = object{"legend": legend(), "tooltip": tooltip()}
	return p
}

// bars shows results as bars over the values of a field, in the colours of the
// statuses, with links on each bar.
func bars(title string, width int, q query, over string, links ...link) panel {
	p := newPanel("barchart", title, width, q, q.engine.table)
	p.body["fieldConfig"] = object{
		"defaults": object{
			"unit": "short", "min": 0, "links": dataLinks(links...),
			"custom": object{"fillOpacity": 80, "lineWidth": 0},
		},
		"overrides": statusColors(),
	}
	p.body["options"] = object{
		"xField": over, "orientation": "vertical", "stacking": "normal", "showValue": "never",
		"barWidth": 0.9, "groupWidth": 0.7, "fullHighlight": false,
		"xTickLabelRotation": 0, "xTickLabelMaxLength": 24, "xTickLabelSpacing": 100,
		"legend": legend(), "tooltip": tooltip(),
	}
	return p
}

// logLines shows the lines of a log.
func logLines(title string, width int, q query) panel {
	p := newPanel("logs", title, width, q, q.engine.table)
	p.body["options"] = object{
		"sortOrder": "Ascending", "dedupStrategy": "none", "wrapLogMessage": true, "prettifyLogMessage": false,
		"showTime": false, "showLabels": false, "showCommonLabels": false, "showLogContextToggle": false,
		"enableLogDetails": false,
	}
	return p
}

// words shows a text in Markdown.
func words(title string, width int, markdown string) panel {
	return panel{width: width, body: object{
		"type": "text", "title": title,
		"options": object{"mode": "markdown", "content": markdown},
	}}
}
