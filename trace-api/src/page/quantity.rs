//! Numbers with their quantity and unit, as people write them. Conversion of units is not done
//! here: a page shows what was measured.

use super::Lang;

/// The quantity's name in the page's language; an unknown one is shown as the profile spells it.
#[must_use]
pub fn name(quantity: &str, lang: Lang) -> String {
    lang.find(&format!("quantity.{quantity}"))
        .unwrap_or_else(|| quantity.to_owned())
}

/// A `SenML` unit as people write it: `Cel` is °C. Unknown ones pass through.
#[must_use]
pub fn unit(senml: &str) -> &str {
    match senml {
        "Cel" => "°C",
        "%RH" => "%RH",
        "/" => "",
        "S/m" => "S/m",
        "uS/cm" => "µS/cm",
        "pH" => "pH",
        "lx" => "lx",
        "m3/m3" => "m³/m³",
        "W/m2" => "W/m²",
        other => other,
    }
}

/// A number with a fixed count of decimals and a true minus sign; “–” for what is not finite.
#[must_use]
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        // A small negative number rounded to zero has no sign.
        Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

/// A measured value: one decimal, which is what the county's probes resolve.
#[must_use]
pub fn value(value: f64) -> String {
    number(value, 1)
}

/// A limit or an area: as few decimals as it needs, at most three.
#[must_use]
pub fn short(value: f64) -> String {
    let decimals = (0..3).find(|d| {
        let scale = 10_f64.powi(*d);
        ((value * scale).round() / scale - value).abs() < 1e-9
    });
    number(value, decimals.unwrap_or(3) as usize)
}

/// A share of the whole in percent, rounded down so that 100 % means all; `None` of nothing.
#[must_use]
pub fn share_pct(part: u64, whole: u64) -> Option<u64> {
    part.saturating_mul(100).checked_div(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_a_true_minus_and_no_negative_zero() {
        assert_eq!(value(-3.26), "\u{2212}3.3");
        assert_eq!(value(-0.01), "0.0");
        assert_eq!(value(f64::NAN), "–");
        assert_eq!(short(50.0), "50");
        assert_eq!(short(2.25), "2.25");
        assert_eq!(short(1.0 / 3.0), "0.333");
    }

    #[test]
    fn a_hundred_percent_means_every_reading_came() {
        assert_eq!(share_pct(2_159, 2_160), Some(99));
        assert_eq!(share_pct(2_160, 2_160), Some(100));
        assert_eq!(share_pct(0, 0), None);
    }

    #[test]
    fn known_quantities_have_names_and_unknown_ones_pass_through() {
        assert_eq!(name("soil-moisture", Lang::Zh), "土壤湿度");
        assert_eq!(name("soil-moisture", Lang::En), "Soil moisture");
        assert_eq!(name("krypton", Lang::Zh), "krypton");
        assert_eq!(unit("Cel"), "°C");
        assert_eq!(unit("furlong"), "furlong");
    }
}
