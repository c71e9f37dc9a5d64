//! A payment code as a till's scanner and a phone's camera read it.

use std::fmt::Write as _;

use barcoders::sym::code128::Code128;
use maud::{Markup, PreEscaped, html};
use qrcode::{Color, EcLevel, QrCode};

/// Modules of quiet on each side of a barcode, at least (ISO/IEC 15417).
const QUIET: usize = 10;
/// A barcode's height in modules: a fifth of its width reads well, and more only costs paper.
const HEIGHT: usize = 44;
/// Modules of quiet around a QR code (ISO/IEC 18004).
const QR_QUIET: usize = 4;

/// The code as Code 128, pairs of digits in one symbol each; nothing where a character cannot be
/// drawn. `label` is read to those who do not see it.
pub fn barcode(code: &str, label: &str) -> Option<Markup> {
    let modules = Code128::new(in_sets(code)?).ok()?.encode();
    let width = modules.len() + 2 * QUIET;
    let mut path = String::new();
    let mut at = 0;
    while let Some(bar) = modules.get(at) {
        let length = modules.get(at..)?.iter().take_while(|next| *next == bar).count();
        if *bar == 1 {
            // Writing to a string does not fail.
            let _ = write!(path, "M{} 0h{length}v{HEIGHT}h-{length}z", QUIET + at);
        }
        at += length;
    }
    Some(drawing("barcode", label, width, HEIGHT, &path))
}

/// The code as a QR code of medium error correction; nothing where it is too long for one.
pub fn qr(code: &str, label: &str) -> Option<Markup> {
    let drawn = QrCode::with_error_correction_level(code, EcLevel::M).ok()?;
    let width = drawn.width();
    let mut path = String::new();
    for (row, colors) in drawn.to_colors().chunks(width).enumerate() {
        let mut at = 0;
        while let Some(color) = colors.get(at) {
            let length = colors.get(at..)?.iter().take_while(|next| *next == color).count();
            if *color == Color::Dark {
                let (x, y) = (QR_QUIET + at, QR_QUIET + row);
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            at += length;
        }
    }
    let side = width + 2 * QR_QUIET;
    Some(drawing("qr", label, side, side, &path))
}

/// With the letters that say which set of symbols follows: C for pairs of digits, B for the rest.
fn in_sets(code: &str) -> Option<String> {
    const SET_B: char = '\u{181}';
    const SET_C: char = '\u{106}';
    if code.is_empty() || !code.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return None;
    }
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    match code.len() {
        1 => Some(format!("{SET_B}{code}")),
        _ if !digits => Some(format!("{SET_B}{code}")),
        even if even.is_multiple_of(2) => Some(format!("{SET_C}{code}")),
        odd => {
            let (pairs, last) = code.split_at(odd - 1);
            Some(format!("{SET_C}{pairs}{SET_B}{last}"))
        }
    }
}

fn drawing(class: &str, label: &str, width: usize, height: usize, path: &str) -> Markup {
    html! {
        svg class=(class) role="img" aria-label=(label) viewBox=(format!("0 0 {width} {height}"))
            shape-rendering="crispEdges" preserveAspectRatio="none" {
            rect width=(width) height=(height) fill="#fff" {}
            path fill="#000" d=(PreEscaped(path)) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use rxing::{BarcodeFormat, helpers};

    use super::*;

    /// Draws what a page shows, as a camera sees it: four pixels for each module.
    fn seen(markup: &Markup) -> (Vec<u8>, u32, u32) {
        const PIXELS: usize = 4;
        let text = &markup.0;
        let part = |before: &str| {
            let (_, rest) = text.split_once(before).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let sizes: Vec<usize> =
            part("viewBox=\"0 0 ").split(' ').map(|size| size.parse().unwrap()).collect();
        let (width, height) = (sizes[0], sizes[1]);
        let mut pixels = vec![255_u8; width * height * PIXELS * PIXELS];
        for bar in part(" d=\"").split('M').skip(1) {
            let numbers: Vec<usize> = bar
                .split([' ', 'h', 'v', '-', 'z'])
                .filter_map(|number| number.parse().ok())
                .collect();
            let [x, y, length, tall, _] = numbers[..] else { panic!("{bar}") };
            for row in y * PIXELS..(y + tall) * PIXELS {
                for column in x * PIXELS..(x + length) * PIXELS {
                    pixels[row * width * PIXELS + column] = 0;
                }
            }
        }
        let side = |modules: usize| u32::try_from(modules * PIXELS).unwrap();
        (pixels, side(width), side(height))
    }

    fn read(markup: &Markup, format: BarcodeFormat) -> String {
        let (pixels, width, height) = seen(markup);
        let read = helpers::detect_in_luma(pixels, width, height, Some(format)).unwrap();
        read.getText().to_owned()
    }

    #[test]
    fn an_independent_reader_reads_what_was_drawn() {
        for code in ["8127740588870520", "812774058887052", "12345678901", "88", "7", "AB-12 cd"] {
            let bars = barcode(code, "").unwrap();
            assert_eq!(read(&bars, BarcodeFormat::CODE_128), code);
            let square = qr(code, "").unwrap();
            assert_eq!(read(&square, BarcodeFormat::QR_CODE), code);
        }
    }

    #[test]
    fn what_has_no_symbol_is_not_drawn() {
        assert!(barcode("", "").is_none());
        assert!(barcode("kode é", "").is_none());
        assert!(qr(&"9".repeat(10_000), "").is_none());
    }

    #[test]
    fn a_label_cannot_break_out() {
        let drawn = barcode("88", r#"" onload="x"#).unwrap().0;
        assert!(drawn.contains("&quot; onload=&quot;x"), "{drawn}");
    }
}
