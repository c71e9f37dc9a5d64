//! Numbers as PHP reads and writes them (section 1.3): whole ones within 64 bits stay, all others
//! become doubles and are printed with the fewest digits that read back the same.

/// Up to this many digits before the point a double is printed without an exponent.
const WHOLE_MAX: i32 = 17;
/// Down to this many zeros after the point, too.
const ZEROS_MAX: i32 = 3;

/// What PHP makes of a number: none where it is too large for a double, which PHP cannot write.
///
/// `text` is a JSON number; the result is at most 25 bytes.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let is_whole = !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    if is_whole && let Ok(number) = text.parse::<i64>() {
        return Some(number.to_string());
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(double)
}

/// A finite double.
fn double(number: f64) -> String {
    let text = shortest(number);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, mantissa) =
        mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = exponent + 1;

    if !(-ZEROS_MAX..=WHOLE_MAX).contains(&point) {
        let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
        let rest = if rest.is_empty() { "0" } else { rest };
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}.{rest}e{direction}{}", exponent.unsigned_abs());
    }
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if point <= 0 {
        return format!("{sign}0.{}{digits}", zeros(-point));
    }
    let whole_length = usize::try_from(point).unwrap_or(0);
    match digits.split_at_checked(whole_length) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => {
            let missing = whole_length.saturating_sub(digits.len());
            format!("{sign}{digits}{}", "0".repeat(missing))
        }
    }
}

/// The fewest digits that read back the same, such as `-1.2345e-7`.
///
/// Where two texts of that length are equally near, PHP takes the one that ends in an even digit, as
/// does rounding to a given length, but not the search for the shortest.
fn shortest(number: f64) -> String {
    let found = format!("{number:e}");
    let digits = found.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let rounded = format!("{number:.*e}", digits.saturating_sub(1));
    let is_same = rounded.parse().is_ok_and(|read: f64| read.to_bits() == number.to_bits());
    if is_same { rounded } else { found }
}
