//! Pictures: an SVG text becomes a PNG, with Inter (OFL-1.1, in `fonts/`) as the only typeface.
//!
//! Nothing is taken from the machine: no font, no file, no network. The same SVG gives the same picture everywhere. A picture never
//! says anything alone: whoever sends one sends the same facts as text.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::Pixmap;
use resvg::usvg::{Options, Transform, Tree, fontdb};

use crate::error::{Error, Result};

/// The typeface's name, for `font-family`. Weights: 400 and 600.
pub const FONT: &str = "Inter";

/// Widest and highest picture, in pixels: what a phone shows well, and a bound on memory.
pub const MOST_PIXELS: f32 = 4_096.0;

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(include_bytes!("fonts/Inter-Regular.ttf").to_vec());
    fonts.load_font_data(include_bytes!("fonts/Inter-SemiBold.ttf").to_vec());
    fonts.set_sans_serif_family(FONT);
    Arc::new(fonts)
});

/// Draws `svg` in its own size, one pixel to the unit, as a PNG. Takes tens of milliseconds of processor time: in a handler or a job use
/// [`draw`].
///
/// # Errors
/// When the text is not SVG, or larger than [`MOST_PIXELS`] either way.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    let tree = Tree::from_str(svg, &options()).map_err(|fault| Error::internal(format!("not an SVG: {fault}")))?;
    let (width, height) = (tree.size().width(), tree.size().height());
    if width > MOST_PIXELS || height > MOST_PIXELS {
        return Err(Error::internal(format!("a picture of {width} by {height} pixels is too large")));
    }
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| Error::internal(format!("no room for a picture of {width} by {height} pixels")))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(Error::internal)
}

/// As [`png`], without holding up anybody else's answer.
///
/// # Errors
/// As [`png`].
pub async fn draw(svg: String) -> Result<Vec<u8>> {
    tokio::task::spawn_blocking(move || png(&svg)).await.map_err(Error::internal)?
}

/// `text` as it may stand inside an SVG element or attribute. Characters that XML does not allow become spaces.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

/// How wide `text` is when set in `size` pixels: for breaking lines and choosing a size. `weight` is 400 or 600.
#[must_use]
pub fn width(text: &str, size: f32, weight: u16) -> f32 {
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><text font-family=\"{FONT}\" font-size=\"{size}\" font-weight=\"{weight}\">{}</text></svg>",
        escape(text)
    );
    Tree::from_str(&svg, &options()).map_or(0.0, |tree| tree.root().bounding_box().width())
}

fn options() -> Options<'static> {
    Options { fontdb: Arc::clone(&FONTS), font_family: FONT.into(), ..Options::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(inside: &str) -> String {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"60\">{inside}</svg>")
    }

    fn text(words: &str) -> String {
        page(&format!("<text x=\"10\" y=\"40\" font-family=\"Inter\" font-size=\"24\">{}</text>", escape(words)))
    }

    fn size(png: &[u8]) -> (u32, u32) {
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    #[test]
    fn an_svg_becomes_a_png_of_its_own_size_with_words_in_it() {
        let picture = png(&text("Ease: 82")).unwrap();
        assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(size(&picture), (200, 60));
        assert_ne!(picture, png(&page("")).unwrap(), "the words are drawn, so the typeface was found");
        assert_eq!(picture, png(&text("Ease: 82")).unwrap(), "the same text is the same picture");
        let bold = text("Ease: 82").replace("font-size", "font-weight=\"600\" font-size");
        assert_ne!(picture, png(&bold).unwrap(), "the second weight is another face");
    }

    #[test]
    fn what_people_write_cannot_break_the_picture() {
        let nasty = "<script>&\"'\u{0}\u{fffe}]]> Zoë Ωμέγα";
        assert_eq!(escape("<a href='x'>&\u{7}"), "&lt;a href=&apos;x&apos;&gt;&amp; ");
        assert!(png(&text(nasty)).is_ok());
        for wrong in ["", "<svg", "<p>x</p>"] {
            assert!(png(wrong).is_err(), "{wrong}");
        }
        let huge = page("").replace("\"200\"", "\"5000\"");
        assert!(png(&huge).unwrap_err().to_string().contains("too large"));
    }

    #[test]
    fn the_width_of_words_grows_with_them_and_with_their_weight() {
        let one = width("Trust", 20.0, 400);
        assert!((40.0..60.0).contains(&one), "{one}");
        assert!(width("Trust and ease", 20.0, 400) > 2.0 * one);
        assert!(width("Trust", 20.0, 600) > one);
        assert!((width("Trust", 40.0, 400) - 2.0 * one).abs() < 1.0);
        assert!(width("", 20.0, 400) < 0.1);
    }

    #[tokio::test]
    async fn drawing_in_a_handler_gives_the_same() {
        assert_eq!(draw(text("Trust")).await.unwrap(), png(&text("Trust")).unwrap());
    }
}
