//! 承诺达标合格证: its words, its fields, its code, and what is refused.

use super::golden::compare;
use super::{LARGE, Outcome, PRINTED, SMALL, URI, zbar};
use crate::certificate::{Basis, Certificate, Form, PROMISE, TITLE};
use crate::{CodeLink, Dpi, Field, Format, LabelError, Press};

fn certificate() -> Result<Certificate, LabelError> {
    Ok(Certificate {
        product: "石堤红心猕猴桃".into(),
        quantity: "500 kg".into(),
        origin: "湖南省永顺县石堤镇".into(),
        issued: "2026-11-20".into(),
        producer: "演示石堤猕猴桃种植专业合作社".into(),
        contact: "0743-0000000".into(),
        basis: vec![Basis::Controlled, Basis::SelfTested],
        lot: "YS261120-01".into(),
        link: CodeLink::parse(URI)?,
    })
}

#[test]
fn a_certificate_is_read_on_every_form() -> Outcome {
    let mut press = Press::new()?;
    for (name, form) in [
        ("a6", Form::A6),
        ("a4", Form::A4),
        ("label", Form::Label(LARGE)),
    ] {
        let sheet = press.certificate(&certificate()?, form, Dpi::D203)?;
        let png = press.write(&sheet, Format::Png)?;
        assert_eq!(zbar(&png)?, PRINTED, "{name}");
        compare(&format!("certificate-{name}-203.png"), &png)?;
    }
    let sheet = press.certificate(&certificate()?, Form::A4, Dpi::D300)?;
    compare("certificate-a4.pdf", &press.write(&sheet, Format::Pdf)?)
}

#[test]
fn the_rules_words_stand_on_the_page_and_only_the_basis_that_holds_is_marked() -> Outcome {
    let mut press = Press::new()?;
    let words = |press: &mut Press, basis: &[Basis]| -> Result<_, LabelError> {
        let basis = basis.to_vec();
        let certificate = Certificate {
            basis,
            ..certificate()?
        };
        let sheet = press.certificate(&certificate, Form::A6, Dpi::D203)?;
        let mut text = String::new();
        let mut fills = 0;
        for mark in &sheet.layout.marks {
            match mark {
                crate::layout::Mark::Glyph { glyph, .. } => text.push(glyph.character),
                crate::layout::Mark::Fill(_) => fills += 1,
            }
        }
        Ok((text, fills))
    };
    let (text, one) = words(&mut press, &[Basis::Commissioned])?;
    for expected in [
        TITLE,
        "我承诺对生产销售的食用农产品",
        "承诺主体",
        "联系方式",
        "开具时间",
    ]
    .into_iter()
    .chain(PROMISE)
    .chain(Basis::ALL.map(Basis::words))
    {
        assert!(text.contains(expected), "{expected} is not on the page");
    }
    let (_, all) = words(&mut press, &Basis::ALL)?;
    assert_eq!(all, one + 2);
    Ok(())
}

#[test]
fn a_field_that_the_rule_asks_for_may_not_be_empty() -> Outcome {
    let mut press = Press::new()?;
    let whole = certificate()?;
    for (field, lacking) in [
        (
            Field::Product,
            Certificate {
                product: " ".into(),
                ..whole.clone()
            },
        ),
        (
            Field::Weight,
            Certificate {
                quantity: String::new(),
                ..whole.clone()
            },
        ),
        (
            Field::Origin,
            Certificate {
                origin: String::new(),
                ..whole.clone()
            },
        ),
        (
            Field::Issued,
            Certificate {
                issued: String::new(),
                ..whole.clone()
            },
        ),
        (
            Field::Producer,
            Certificate {
                producer: String::new(),
                ..whole.clone()
            },
        ),
        (
            Field::Contact,
            Certificate {
                contact: String::new(),
                ..whole.clone()
            },
        ),
        (
            Field::Basis,
            Certificate {
                basis: Vec::new(),
                ..whole.clone()
            },
        ),
    ] {
        for form in [Form::A4, Form::A6, Form::Label(LARGE)] {
            let refused = press.certificate(&lacking, form, Dpi::D203).err();
            assert_eq!(refused, Some(LabelError::FieldMissing(field)));
        }
    }
    Ok(())
}

#[test]
fn what_does_not_fit_or_print_is_refused() -> Outcome {
    let mut press = Press::new()?;
    let whole = certificate()?;
    let long = Certificate {
        producer: "社".repeat(300),
        ..whole.clone()
    };
    for form in [Form::A4, Form::A6] {
        let refused = press.certificate(&long, form, Dpi::D203).err();
        assert!(
            matches!(
                refused,
                Some(LabelError::TextTooLong {
                    field: Field::Producer,
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    let emoji = Certificate {
        origin: "永顺🌱".into(),
        ..whole.clone()
    };
    let refused = press.certificate(&emoji, Form::A6, Dpi::D203).err();
    assert_eq!(refused.map(|error| error.kind()), Some("no-glyph"));
    let small = press
        .certificate(&whole, Form::Label(SMALL), Dpi::D203)
        .err();
    assert_eq!(small.map(|error| error.kind()), Some("text-too-long"));
    Ok(())
}
