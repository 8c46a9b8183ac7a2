//! The link this platform prints and answers: a GTIN, perhaps a lot, perhaps a serial. It is the
//! narrow view; a link from elsewhere is read with [`Elements`].

use core::fmt;

use super::{Elements, Gtin, GtinError, LinkError, LotCode, LotError, Serial, SerialError};

/// Why a link is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigitalLinkError {
    /// Not a conformant GS1 Digital Link at all.
    #[error("{0}")]
    Link(#[from] LinkError),
    /// A conformant link, but to a place, a parcel or another thing that is no product.
    #[error("the link does not name a product (01)")]
    NotAProduct,
    /// A qualifier that our links do not have, such as 22.
    #[error("the link has a qualifier other than lot (10) and serial (21)")]
    Qualifier,
    /// The product's number.
    #[error("{0}")]
    Gtin(#[from] GtinError),
    /// A lot that GS1 allows and we never print.
    #[error("{0}")]
    Lot(#[from] LotError),
    /// A serial that GS1 allows and we never print.
    #[error("{0}")]
    Serial(#[from] SerialError),
}

/// What a label's link names. Prints as its path, `/01/{gtin}/10/{lot}/21/{serial}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DigitalLink {
    /// The product.
    pub gtin: Gtin,
    /// The lot, if the link says it.
    pub lot: Option<LotCode>,
    /// The item, if the link says it.
    pub serial: Option<Serial>,
}

impl DigitalLink {
    /// Reads one of our links, as a full URI or as a path; attributes in the query are ignored.
    pub fn parse(link: &str) -> Result<Self, DigitalLinkError> {
        Self::try_from(&Elements::parse(link)?)
    }

    /// The link below a stem such as `https://EXAMPLE.COM`, ready to be printed.
    #[must_use]
    pub fn with_stem<'a>(&'a self, stem: &'a str) -> WithStem<'a> {
        WithStem {
            stem: stem.trim_end_matches('/'),
            link: self,
        }
    }
}

impl TryFrom<&Elements<'_>> for DigitalLink {
    type Error = DigitalLinkError;

    fn try_from(elements: &Elements<'_>) -> Result<Self, DigitalLinkError> {
        let gtin = elements.find("01").ok_or(DigitalLinkError::NotAProduct)?;
        if elements
            .path()
            .any(|element| !matches!(element.ai().as_str(), "01" | "10" | "21"))
        {
            return Err(DigitalLinkError::Qualifier);
        }
        Ok(Self {
            gtin: Gtin::parse(gtin)?,
            lot: elements.find("10").map(LotCode::parse).transpose()?,
            serial: elements.find("21").map(Serial::parse).transpose()?,
        })
    }
}

impl core::str::FromStr for DigitalLink {
    type Err = DigitalLinkError;
    fn from_str(text: &str) -> Result<Self, DigitalLinkError> {
        Self::parse(text)
    }
}

impl fmt::Display for DigitalLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/01/{}", self.gtin)?;
        if let Some(lot) = self.lot {
            write!(f, "/10/{lot}")?;
        }
        if let Some(serial) = self.serial {
            write!(f, "/21/{serial}")?;
        }
        Ok(())
    }
}

/// A link with the stem it is printed under; see [`DigitalLink::with_stem`].
#[derive(Debug, Clone, Copy)]
pub struct WithStem<'a> {
    stem: &'a str,
    link: &'a DigitalLink,
}

impl fmt::Display for WithStem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.stem, self.link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gs1::ValueError;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn a_lot_or_serial_of_another_house_is_not_ours() {
        let path = |rest: &str| DigitalLink::parse(&("/01/09506000134352".to_string() + rest));
        assert_eq!(
            path("/10/abc"),
            Err(DigitalLinkError::Lot(LotError::Character('a')))
        );
        assert_eq!(
            path("/21/12345"),
            Err(DigitalLinkError::Serial(SerialError::Length(5)))
        );
        assert_eq!(path("/22/2A"), Err(DigitalLinkError::Qualifier));
        assert_eq!(
            DigitalLink::parse("/414/9521321000018"),
            Err(DigitalLinkError::NotAProduct)
        );
    }

    #[test]
    fn the_link_itself_must_be_conformant_first() {
        let wrong = DigitalLink::parse("/01/09506000134353");
        assert!(
            matches!(
                wrong,
                Err(DigitalLinkError::Link(LinkError::Value {
                    why: ValueError::CheckDigit,
                    ..
                }))
            ),
            "{wrong:?}"
        );
    }

    proptest! {
        #[test]
        fn every_link_we_print_is_read_back(
            body in "[0-9]{13}",
            lot in proptest::option::of("[A-Z0-9-]{1,20}"),
            bits in proptest::option::of(any::<u64>()),
            stem in "(https?://[A-Z0-9]{1,12}(\\.[A-Z]{2,3})?(:[0-9]{2,4})?(/[A-Z]{1,5})?/?)?",
        ) {
            let gtin = Gtin::from_body(&body);
            prop_assert!(gtin.is_ok());
            let lot = lot.and_then(|lot| LotCode::parse(&lot).ok());
            let serial = bits.map(Serial::from_random);
            if let Ok(gtin) = gtin {
                let link = DigitalLink { gtin, lot, serial };
                let printed = link.with_stem(&stem).to_string();
                prop_assert_eq!(DigitalLink::parse(&printed), Ok(link), "{}", printed);
                let longer = printed + "?17=261231&linkType=all";
                prop_assert_eq!(DigitalLink::parse(&longer), Ok(link));
            }
        }
    }
}
