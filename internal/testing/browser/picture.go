// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"slices"

	"github.com/chromedp/cdproto/page"
)

// tallest is the height at which a picture of a page ends.
const tallest = 1800

// Picture writes a picture of the page to a PNG file, of at most 256 colours. The picture
// shows the page from its top, also below the window, and ends after 1,800 pixels.
func (b *Tab) Picture(file string) {
	b.t.Helper()
	tall := Evaluate[float64](b, "document.documentElement.scrollHeight")
	yes := true
	shot := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip:                  &page.Viewport{Width: float64(b.look.Width), Height: min(tall, tallest), Scale: 1},
		CaptureBeyondViewport: &yes,
	})
	small, err := shrink(shot.Data)
	if err == nil {
		err = os.WriteFile(file, small, 0o666)
	}
	if err != nil {
		b.t.Fatalf("picture of %s: %v", b.Path(), err)
	}
}

// shrink returns a PNG with a palette.
func shrink(full []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(full))
	if err != nil {
		return nil, err
	}
	nearest := paletteOf(from)
	to := image.NewPaletted(from.Bounds(), nearest.palette)
	for y := to.Rect.Min.Y; y < to.Rect.Max.Y; y++ {
		for x := to.Rect.Min.X; x < to.Rect.Max.X; x++ {
			to.SetColorIndex(x, y, nearest.index(from.At(x, y)))
		}
	}
	var small bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, to)
	return small.Bytes(), err
}

// matcher finds the colour of a palette that is nearest to a colour.
type matcher struct {
	palette color.Palette
	known   map[color.Color]uint8
}

// paletteOf makes a palette of the 256 most frequent colours of an image. Pages have few
// colours; the other colours are edges of letters.
func paletteOf(from image.Image) matcher {
	counts := map[color.Color]int{}
	for y := from.Bounds().Min.Y; y < from.Bounds().Max.Y; y++ {
		for x := from.Bounds().Min.X; x < from.Bounds().Max.X; x++ {
			counts[from.At(x, y)]++
		}
	}
	order := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(number(a), number(b)))
	})
	return matcher{palette: order[:min(len(order), 256)], known: map[color.Color]uint8{}}
}

// number orders colours with equal counts, so that one page always gives one file.
func number(c color.Color) uint32 {
	r, g, b, _ := c.RGBA()
	return r>>8<<16 | g>>8<<8 | b>>8
}

func (m matcher) index(c color.Color) uint8 {
	i, ok := m.known[c]
	if !ok {
		i = uint8(m.palette.Index(c))
		m.known[c] = i
	}
	return i
}
