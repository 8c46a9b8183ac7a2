//! Formats that a sheet can be written in, one small file each. A new one is a file here, a
//! variant of [`Format`] and an arm in `Press::write`.

use core::fmt;
use core::str::FromStr;

use crate::error::LabelError;

pub(crate) mod escpos;
pub(crate) mod pdf;
pub(crate) mod png;
pub(crate) mod svg;
pub(crate) mod tspl;
pub(crate) mod zpl;

/// What a label is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A picture of the printer's own dots, with its true size.
    Png,
    /// Outlines in millimetres, for previews and for office printers.
    Svg,
    /// A document for office printers, at true size.
    Pdf,
    /// Zebra's printer language.
    Zpl,
    /// TSC's printer language and its many likenesses.
    Tspl,
    /// Epson's printer language for receipts and its many likenesses.
    EscPos,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [
        Self::Png,
        Self::Svg,
        Self::Pdf,
        Self::Zpl,
        Self::Tspl,
        Self::EscPos,
    ];

    /// The name on the command line, also the usual file extension.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Zpl => "zpl",
            Self::Tspl => "tspl",
            Self::EscPos => "escpos",
        }
    }

    /// The media type for HTTP.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
            Self::Zpl | Self::Tspl | Self::EscPos => "application/octet-stream",
        }
    }

    /// Whether it is a language that thermal printers are sent as it is.
    #[must_use]
    pub const fn is_language(self) -> bool {
        matches!(self, Self::Zpl | Self::Tspl | Self::EscPos)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = LabelError;
    fn from_str(name: &str) -> Result<Self, LabelError> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| LabelError::Format(name.to_owned()))
    }
}
