//! Unified social credit codes that nobody can hold: right check characters behind the
//! administrative division 000000, which does not exist.

use model::credit_code::{CreditCode, CreditCodeError};

/// Weights of the eight characters of an organisation code (GB 11714-1997).
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// What kind of body a code is for: its first two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// 93: a farmers' cooperative.
    Cooperative,
    /// 91: a company.
    Company,
    /// 92: one household's business.
    Household,
}

/// The test code of a body with a running number (only its last four digits count).
pub fn test_code(body: Body, number: u32) -> Result<CreditCode, CreditCodeError> {
    let kind = match body {
        Body::Cooperative => "93",
        Body::Company => "91",
        Body::Household => "92",
    };
    let organisation = format!("MA00{:04}", number % 10_000);
    let check = organisation_check(&organisation);
    CreditCode::from_body(&format!("{kind}000000{organisation}{check}"))
}

/// The ninth character of an organisation code.
fn organisation_check(eight: &str) -> char {
    let weighted = eight.chars().zip(ORGANISATION_WEIGHTS);
    let sum: u32 = weighted
        .map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organisation_check_is_that_of_the_standards_example() {
        assert_eq!(organisation_check("D2143569"), 'X');
    }

    #[test]
    fn every_code_is_well_formed_and_of_no_existing_place() {
        for body in [Body::Cooperative, Body::Company, Body::Household] {
            for number in 0..200 {
                let code = test_code(body, number).map(|code| code.to_string());
                let code = code.unwrap_or_default();
                assert_eq!(code.get(2..8), Some("000000"), "{code}");
                assert!(CreditCode::parse(&code).is_ok(), "{code}");
            }
        }
    }
}
