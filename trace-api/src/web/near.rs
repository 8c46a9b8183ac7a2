//! What may have been meant by a code that leads nowhere: fingers get one digit wrong or swap two
//! neighbours. Only what exists is suggested, and the buyer is told to compare.

use model::gs1::{Gtin, LotCode};
use store::AnyConnection;
use store::catalogue::{self, LOTS_MAX, Named};

use super::words::words;
use crate::page::trace::Near;
use crate::problem::Answer;
use crate::state::AppState;

/// Most suggestions of a page.
const NEAR_MAX: usize = 5;
/// Digits of a GTIN with its leading zeros.
const GTIN_DIGITS: usize = 14;

/// A code as far as it can be read.
#[derive(Debug, PartialEq, Eq)]
struct Typed {
    /// 14 digits, right or wrong.
    digits: Vec<u8>,
    /// What stands where a lot's code does.
    lot: Option<LotCode>,
}

/// Codes near to one that leads nowhere, at most [`NEAR_MAX`].
pub(super) async fn find(state: &AppState, typed: &str) -> Answer<Vec<Near>> {
    let Some(typed) = read(typed) else {
        return Ok(Vec::new());
    };
    let gtins = candidates(&typed.digits);
    let mut connection = state.store().acquire().await?;
    let known = catalogue::list_named(&mut connection, &gtins).await?;
    let mut near = Vec::new();
    for product in known {
        match typed.lot {
            Some(lot) => near.extend(lots_near(&mut connection, &product, lot).await?),
            None => near.push(suggest(&product, None)),
        }
    }
    near.truncate(NEAR_MAX);
    Ok(near)
}

/// The lots of a product whose code is the one asked for, or near to it; without one, the product.
async fn lots_near(
    connection: &mut AnyConnection,
    product: &Named,
    lot: LotCode,
) -> Answer<Vec<Near>> {
    let there = catalogue::list_on_sale(connection, Some(&product.gtin), LOTS_MAX).await?;
    let mut codes: Vec<_> = there
        .iter()
        .filter(|row| is_near(row.code.as_bytes(), lot.as_str().as_bytes()))
        .map(|row| suggest(product, Some(&row.code)))
        .collect();
    if codes.is_empty() && !there.is_empty() {
        codes.push(suggest(product, None));
    }
    Ok(codes)
}

fn suggest(product: &Named, lot: Option<&str>) -> Near {
    let lot = lot.map(|code| format!("/10/{code}")).unwrap_or_default();
    Near {
        href: format!("/01/{}{lot}", product.gtin),
        product: words(&product.name, &product.name_en),
    }
}

/// Reads a link, a path or bare digits, whatever their check digit says.
fn read(typed: &str) -> Option<Typed> {
    let (digits, rest) = match typed.split_once("/01/") {
        Some((_, path)) => path.split_once('/').unwrap_or((path, "")),
        None => (typed, ""),
    };
    let digits: Vec<u8> = digits
        .bytes()
        .filter(|byte| !matches!(byte, b' ' | b'-'))
        .collect();
    let sound = (8..=GTIN_DIGITS).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let lot = rest.strip_prefix("10/").and_then(|rest| {
        let code = rest.split(['/', '?']).next()?;
        LotCode::parse(&code.to_ascii_uppercase()).ok()
    });
    sound.then(|| {
        let mut padded = vec![b'0'; GTIN_DIGITS - digits.len()];
        padded.extend(digits);
        Typed {
            digits: padded,
            lot,
        }
    })
}

/// The GTIN itself where its check digit is right, and those one digit or one swap away.
fn candidates(digits: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut take = |digits: &[u8]| {
        let text: String = digits.iter().copied().map(char::from).collect();
        if Gtin::parse(&text).is_ok() && !found.contains(&text) {
            found.push(text);
        }
    };
    take(digits);
    for place in 0..digits.len() {
        let mut other = digits.to_vec();
        for digit in b'0'..=b'9' {
            other[place] = digit;
            take(&other);
        }
    }
    for place in 1..digits.len() {
        let mut other = digits.to_vec();
        other.swap(place - 1, place);
        take(&other);
    }
    found
}

/// Whether one character or one swap of neighbours lies between two codes of one length, or none.
fn is_near(a: &[u8], b: &[u8]) -> bool {
    let differ: Vec<usize> = (0..a.len().min(b.len()))
        .filter(|i| a[*i] != b[*i])
        .collect();
    a.len() == b.len()
        && match differ[..] {
            [] | [_] => true,
            [i, j] => j == i + 1 && a[i] == b[j] && a[j] == b[i],
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_whatever_its_check_digit_says() {
        let lot = |typed: &str| read(typed).map(|t| t.lot.map(|lot| lot.to_string()));
        assert_eq!(lot("9506000134353"), Some(None));
        assert_eq!(
            lot("https://x.cn/01/09506000134353/10/a-1/21/7"),
            Some(Some("A-1".to_owned()))
        );
        for nothing in [
            "",
            "1234567",
            "莓茶",
            "/01/12x45678/10/A",
            "123456789012345",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn lots_are_near_by_one_character_or_one_swap() {
        assert!(is_near(b"MC261012-01", b"MC261021-01"));
        assert!(is_near(b"MC261012-01", b"MC261013-01"));
        assert!(!is_near(b"MC261012-01", b"MC261134-01"));
        assert!(!is_near(b"MC261012-01", b"MC261012-011"));
    }

    proptest! {
        #[test]
        fn a_mistyped_gtin_leads_back_to_the_right_one(
            body in proptest::collection::vec(b'0'..=b'9', 13),
            place in 0_usize..14,
            add in 1_u8..10,
        ) {
            let right = (b'0'..=b'9').find_map(|check| {
                let digits = [&body[..], &[check]].concat();
                let text: String = digits.iter().copied().map(char::from).collect();
                Gtin::parse(&text).is_ok().then_some((digits, text))
            });
            let Some((digits, text)) = right else { return Ok(()) };
            let mut wrong = digits.clone();
            wrong[place] = b'0' + (wrong[place] - b'0' + add) % 10;
            prop_assert!(candidates(&wrong).contains(&text));
            prop_assert!(candidates(&wrong).len() <= 40);
            let mut swapped = digits;
            swapped.swap(place.min(12), place.min(12) + 1);
            prop_assert!(candidates(&swapped).contains(&text));
        }
    }
}
