//! What the strict reader takes and what it refuses, as tables and as properties.

use super::*;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec::Vec;

fn pairs(link: &str) -> Result<Vec<(String, String)>, LinkError> {
    let elements = Elements::parse(link)?;
    let all = elements.path().copied().chain(elements.attributes());
    Ok(all
        .map(|e| (e.ai().to_string(), e.value().to_string()))
        .collect())
}

fn ai(digits: &str) -> Ai {
    Ai::parse(digits).unwrap_or_else(|| unreachable!("a test names an unknown identifier"))
}

#[test]
fn conformant_links_come_apart_in_their_order() {
    let gtin = ("01", "09506000134352");
    for (link, expected) in [
        ("https://id.gs1.org/01/09506000134352", &[gtin][..]),
        (
            "/01/09506000134352/10/ABC123/21/12345",
            &[gtin, ("10", "ABC123"), ("21", "12345")],
        ),
        (
            "http://a/01/09506000134352/22/2A/10/AB/21/1",
            &[gtin, ("22", "2A"), ("10", "AB"), ("21", "1")],
        ),
        (
            "https://A.CN:8443/x/y/01/09506000134352?17=261231&3103=000500#top",
            &[gtin, ("17", "261231"), ("3103", "000500")],
        ),
        (
            "/01/09506000134352/10/A%2FB%25?linkType=gs1:pip&10x=1",
            &[gtin, ("10", "A/B%")],
        ),
        (
            "/01/09506000134352/10/01/21/10",
            &[gtin, ("10", "01"), ("21", "10")],
        ),
        ("/01/9506000134352", &[gtin]),
        ("/01/09506000134352/235/TPX1", &[gtin, ("235", "TPX1")]),
        (
            "/414/9521321000018/254/32a",
            &[("414", "9521321000018"), ("254", "32a")],
        ),
        ("/417/9521321000018", &[("417", "9521321000018")]),
        (
            "/00/106141412345678908?02=00614141123452&37=25",
            &[
                ("00", "106141412345678908"),
                ("02", "00614141123452"),
                ("37", "25"),
            ],
        ),
        ("/8004/9521321SENSOR-7", &[("8004", "9521321SENSOR-7")]),
        ("/253/9521321000018DOC-1", &[("253", "9521321000018DOC-1")]),
        (
            "HTTPS://EXAMPLE.COM/8018/952132100000000014/8019/2",
            &[("8018", "952132100000000014"), ("8019", "2")],
        ),
    ] {
        let expected: Vec<_> = expected
            .iter()
            .map(|(ai, value)| ((*ai).to_string(), (*value).to_string()))
            .collect();
        assert_eq!(pairs(link), Ok(expected), "{link}");
    }
}

#[test]
fn a_wrong_order_is_refused_and_named() {
    let refused = |link: &str| pairs(link).err();
    let order = |at, after| {
        Some(LinkError::Order {
            ai: ai(at),
            after: ai(after),
        })
    };
    let stem = "/01/09506000134352".to_string();
    assert_eq!(refused(&(stem.clone() + "/21/1/10/A")), order("10", "21"));
    assert_eq!(refused(&(stem.clone() + "/10/A/22/B")), order("22", "10"));
    assert_eq!(refused(&(stem.clone() + "/235/A/10/B")), order("10", "235"));
    assert_eq!(refused(&(stem.clone() + "/17/261231")), order("17", "01"));
    assert_eq!(
        refused(&(stem.clone() + "/22/A/10/B/21/C/235/D")),
        order("235", "21")
    );
    assert_eq!(
        refused(&(stem.clone() + "/10/A/10/B")),
        Some(LinkError::Twice(ai("10")))
    );
    assert_eq!(
        refused(&(stem + "/01/09506000134352")),
        Some(LinkError::Twice(ai("01")))
    );
}

#[test]
fn what_is_no_digital_link_is_refused_with_its_reason() {
    let value = |digits, why| LinkError::Value {
        ai: ai(digits),
        why,
    };
    for (link, why) in [
        ("", LinkError::Scheme),
        ("ftp://example.com/01/09506000134352", LinkError::Scheme),
        ("//example.com/01/09506000134352", LinkError::Scheme),
        ("https:///01/09506000134352", LinkError::Host),
        ("https://a b/01/09506000134352", LinkError::Host),
        ("https://user@host/01/09506000134352", LinkError::Host),
        ("https://example.com", LinkError::NoKey),
        ("https://example.com/gtin/09506000134352", LinkError::NoKey),
        ("/10/ABC", LinkError::NoKey),
        ("/01", LinkError::MissingValue(ai("01"))),
        ("/01/", LinkError::MissingValue(ai("01"))),
        ("/01/09506000134352/10/", LinkError::MissingValue(ai("10"))),
        ("/01/09506000134352/10", LinkError::MissingValue(ai("10"))),
        ("/01/09506000134352/lot/A", LinkError::UnknownAi),
        ("/01/09506000134352/", LinkError::UnknownAi),
        ("/01/09506000134353", value("01", ValueError::CheckDigit)),
        ("/01/0950600013435", value("01", ValueError::CheckDigit)),
        ("/01/09506000134352/10/A%2", LinkError::Escape(ai("10"))),
        (
            "/01/09506000134352/10/%E6%89%B9",
            LinkError::Escape(ai("10")),
        ),
        (
            "/01/09506000134352/10/A%20B",
            value("10", ValueError::Character(' ')),
        ),
        (
            "/01/09506000134352?17=261331",
            value("17", ValueError::Date),
        ),
        ("/01/09506000134352?17", LinkError::MissingValue(ai("17"))),
        ("/01/09506000134352?14=1", LinkError::UnknownAi),
        ("/01/09506000134352?10=A", LinkError::NotInQuery(ai("10"))),
        (
            "/01/09506000134352?00=106141412345678908",
            LinkError::NotInQuery(ai("00")),
        ),
        (
            "/01/09506000134352?17=261231&17=261230",
            LinkError::Twice(ai("17")),
        ),
        ("/01/09506000134352/10/A?10=A", LinkError::Twice(ai("10"))),
    ] {
        assert_eq!(pairs(link), Err(why), "{link}");
    }
    let long = "/01/09506000134352?".to_string() + &"x".repeat(LINK_BYTES_MAX);
    assert_eq!(pairs(&long), Err(LinkError::TooLong));
}

#[test]
fn the_stem_keeps_its_own_path() -> Result<(), LinkError> {
    let stem = |link: &'static str| Elements::parse(link).map(|elements| elements.stem());
    assert_eq!(
        stem("https://a.cn/trace/v2/01/09506000134352")?,
        "https://a.cn/trace/v2"
    );
    assert_eq!(stem("/01/09506000134352")?, "");
    Ok(())
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in "\\PC{0,60}",
        tail in "(/[0-9]{2,4}/[!-~]{0,9}){0,5}",
    ) {
        let _ = pairs(&text);
        let _ = pairs(&("/01/09506000134352".to_string() + &tail));
        let _ = pairs(&("https://".to_string() + &text + &tail + "?" + &text));
    }

    #[test]
    fn an_escaped_lot_is_read_as_what_was_escaped(lot in "[!\"%-?A-Z_a-z]{1,20}") {
        let escaped = lot.bytes().fold(String::new(), |all, b| all + &std::format!("%{b:02x}"));
        let link = std::format!("/01/09506000134352/10/{escaped}");
        let read = pairs(&link).map(|pairs| pairs[1].1.clone());
        prop_assert_eq!(read, Ok(lot));
    }
}
