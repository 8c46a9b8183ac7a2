//! Both languages are complete: the same keys, the same places to fill, every key used that is
//! there and there that is used.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::page::Lang;

/// Families whose keys are put together while running (`quantity.` + code).
const BUILT_WHILE_RUNNING: [&str; 9] = [
    "quantity.",
    "dead.",
    "op-check.",
    "op-check-note.",
    "op-role.",
    "op-job-state.",
    "table.",
    "column.",
    "journal.",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// `key → text` of one language; the files hold sections and one-line strings only.
fn texts(lang: Lang) -> io::Result<Vec<(String, String)>> {
    let mut found = files(&root().join("locales"), &format!(".{}.toml", lang.code()))?;
    found.sort();
    let mut section = String::new();
    let mut texts = Vec::new();
    for line in all(&found)?.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((key, text)) = line.split_once(" = ") {
            texts.push((
                format!("{section}.{key}"),
                text.trim_matches('"').to_owned(),
            ));
        }
    }
    Ok(texts)
}

fn keys(lang: Lang) -> io::Result<BTreeSet<String>> {
    Ok(texts(lang)?.into_iter().map(|(key, _)| key).collect())
}

/// What stands in these files, one after another.
fn all(files: &[PathBuf]) -> io::Result<String> {
    files.iter().map(fs::read_to_string).collect()
}

/// All files below a folder whose name ends so.
fn files(dir: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, ending)?);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Everything in quotation marks that looks like a key of a known section.
fn used() -> io::Result<BTreeSet<String>> {
    let sections: BTreeSet<String> = keys(Lang::Zh)?
        .iter()
        .filter_map(|k| Some(k.split('.').next()?.to_owned()))
        .collect();
    let mut sources = files(&root().join("src/page"), ".rs")?;
    sources.retain(|path| !path.to_string_lossy().contains("tests"));
    sources.extend(files(&root().join("templates"), ".html")?);
    let mut used = BTreeSet::new();
    for path in sources {
        let text = fs::read_to_string(path)?;
        for piece in text.split('"') {
            let Some((section, rest)) = piece.split_once('.') else {
                continue;
            };
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let file = ["css", "js", "svg", "html"].contains(&rest);
            if sections.contains(section) && !file && !rest.is_empty() && rest.chars().all(plain) {
                used.insert(piece.to_owned());
            }
        }
    }
    Ok(used)
}

#[test]
fn no_key_is_missing_in_either_language() -> io::Result<()> {
    let (zh, en, used) = (keys(Lang::Zh)?, keys(Lang::En)?, used()?);
    assert!(used.len() > 150, "the scan found only {}", used.len());
    assert_eq!(
        zh.symmetric_difference(&en).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    assert_eq!(
        used.difference(&zh).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "missing"
    );
    Ok(())
}

#[test]
fn no_key_is_left_over() -> io::Result<()> {
    let (zh, used) = (keys(Lang::Zh)?, used()?);
    let built = |key: &&String| {
        BUILT_WHILE_RUNNING
            .iter()
            .any(|family| key.starts_with(family))
    };
    let left: Vec<_> = zh.difference(&used).filter(|key| !built(key)).collect();
    assert_eq!(left, Vec::<&String>::new());
    Ok(())
}

#[test]
fn both_languages_fill_the_same_places() -> io::Result<()> {
    let places = |text: &str| -> BTreeSet<String> {
        let starts = text.split("%{").skip(1);
        starts
            .filter_map(|rest| Some(rest.split('}').next()?.to_owned()))
            .collect()
    };
    for ((key, zh), (same, en)) in texts(Lang::Zh)?.iter().zip(texts(Lang::En)?.iter()) {
        assert_eq!(key, same);
        // A singular may say “one” instead of the number.
        assert!(key.contains("-one") || places(zh) == places(en), "{key}");
        assert!(!zh.trim().is_empty() && !en.is_empty(), "{key}");
    }
    Ok(())
}

#[test]
fn no_page_calls_goods_genuine_because_a_number_exists() -> io::Result<()> {
    let (zh, en) = (texts(Lang::Zh)?, texts(Lang::En)?);
    let said = |word: &str, texts: &[(String, String)]| {
        let said = |(_, text): &(String, String)| text.to_lowercase().contains(word);
        texts.iter().any(said)
    };
    for word in ["正品", "真品", "保真", "防伪"] {
        assert!(!said(word, &zh), "{word}");
    }
    for word in [
        "genuine",
        "authentic",
        "original product",
        "counterfeit-proof",
    ] {
        assert!(!said(word, &en), "{word}");
    }
    Ok(())
}

#[test]
fn what_the_files_say_is_what_is_compiled_in() -> io::Result<()> {
    for lang in [Lang::Zh, Lang::En] {
        for (key, text) in texts(lang)? {
            assert_eq!(lang.find(&key).as_deref(), Some(text.as_str()), "{key}");
        }
    }
    Ok(())
}

#[test]
fn a_missing_key_is_noticed() {
    assert_eq!(Lang::Zh.find("trace.no-such-key"), None);
    assert_eq!(Lang::En.find("trace.lot").as_deref(), Some("Lot"));
}

#[test]
fn english_is_shown_only_to_those_who_prefer_it() {
    assert_eq!(Lang::from_accept_language(""), Lang::Zh);
    assert_eq!(
        Lang::from_accept_language("zh-CN,zh;q=0.9,en;q=0.8"),
        Lang::Zh
    );
    assert_eq!(Lang::from_accept_language("en-GB,en;q=0.9"), Lang::En);
    assert_eq!(Lang::from_accept_language("en;q=0.4, zh;q=0.8"), Lang::Zh);
    assert_eq!(Lang::from_accept_language("de, en;q=0.1"), Lang::En);
    assert_eq!(Lang::from_accept_language("en;q=0"), Lang::Zh);
    assert_eq!(Lang::from_accept_language("en;q=NaN"), Lang::Zh);
    assert_eq!(Lang::from_accept_language("fr"), Lang::Zh);
}
