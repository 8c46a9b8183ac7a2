//! `suyuan link`: takes a GS1 Digital Link apart, to check a printed code or a foreign one. It
//! needs no database and asks no resolver.

use std::collections::BTreeMap;

use anyhow::Context as _;
use model::gs1::Elements;

use crate::log::say;

/// Flags of `suyuan link`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A GS1 Digital Link: a full URI, or its path.
    #[arg(value_name = "URI")]
    uri: String,
}

/// Prints the link's keys, qualifiers and data attributes as one JSON object in key order.
pub fn run(Args { uri }: Args) -> anyhow::Result<()> {
    say(&parts(&uri)?);
    Ok(())
}

fn parts(uri: &str) -> anyhow::Result<String> {
    let elements = Elements::parse(uri).context("not a GS1 Digital Link")?;
    let attributes: Vec<_> = elements.attributes().collect();
    let parts: BTreeMap<_, _> = elements
        .path()
        .chain(&attributes)
        .map(|element| (element.ai().to_string(), element.value().to_owned()))
        .collect();
    Ok(serde_json::to_string(&parts)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_printed_in_key_order() -> anyhow::Result<()> {
        let uri =
            "https://a.cn/x/01/09506000134352/22/2A/10/A-1/21/7?3103=000250&17=261231&linkType=all";
        let expected = r#"{"01":"09506000134352","10":"A-1","17":"261231","21":"7","22":"2A","3103":"000250"}"#;
        assert_eq!(parts(uri)?, expected);
        Ok(())
    }

    #[test]
    fn a_bad_link_says_what_is_bad_about_it() {
        for (uri, reason) in [
            (
                "https://a.cn/01/09506000134352/21/7/10/A",
                "(10) cannot stand after (21)",
            ),
            ("https://a.cn/01/09506000134353", "check digit"),
            ("https://a.cn/about", "no GS1 key"),
        ] {
            let told = parts(uri).map_err(|error| format!("{error:#}"));
            assert!(
                told.as_ref().is_err_and(|told| told.contains(reason)),
                "{told:?}"
            );
        }
    }
}
