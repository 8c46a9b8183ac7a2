//! Style, scripts and icons, embedded in the executable. The address of a file contains a hash of
//! its content, so it may be cached for ever and changes with the content.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Embedded;

/// One file to serve, with `Cache-Control: public, max-age=31536000, immutable`.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: &'static str,
}

/// File name (`suyuan.css`) ↔ name with hash (`suyuan-0123456789abcdef.css`), hashed once.
struct Names {
    hashed: BTreeMap<String, String>,
    plain: BTreeMap<String, String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        hashed: BTreeMap::new(),
        plain: BTreeMap::new(),
    };
    for file in Embedded::iter() {
        let Some(content) = Embedded::get(&file) else {
            continue;
        };
        let Some((stem, extension)) = file.rsplit_once('.') else {
            continue;
        };
        let hash = content.metadata.sha256_hash();
        let start = hash
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let hashed = format!("{stem}-{start:016x}.{extension}");
        names.plain.insert(hashed.clone(), file.to_string());
        names.hashed.insert(file.into_owned(), hashed);
    }
    names
});

/// The address of a file, such as `/assets/suyuan-0123456789abcdef.css`. An unknown file gives an
/// address that leads nowhere; a test proves that no template names one.
#[must_use]
pub fn href(file: &str) -> String {
    format!(
        "/assets/{}",
        NAMES.hashed.get(file).map_or(file, String::as_str)
    )
}

/// The file behind the last part of its address (`suyuan-0123456789abcdef.css`).
#[must_use]
pub fn find(hashed: &str) -> Option<Asset> {
    let file = NAMES.plain.get(hashed)?;
    let content_type = match file.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    };
    Some(Asset {
        bytes: Embedded::get(file)?.data,
        content_type,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_content() -> Result<(), &'static str> {
        let address = href("suyuan.css");
        let hashed = address.strip_prefix("/assets/").ok_or("no prefix")?;
        let asset = find(hashed).ok_or("not found")?;
        assert_eq!(asset.content_type, "text/css; charset=utf-8");
        assert!(asset.bytes.starts_with(b"/*"));
        assert!(
            find("suyuan.css").is_none(),
            "without its hash a file has no address"
        );
        Ok(())
    }

    #[test]
    fn no_page_needs_more_than_ten_kilobytes_of_own_script() {
        // What one page loads together; every script stands in one of them.
        let pages: [&[&str]; 17] = [
            &["alarms.js", "tour.js"],
            &["lab.js", "lab-live.js", "tour.js"],
            // Loaded when somebody takes the tour.
            &["tour-card.js"],
            &["timelapse.js"],
            &["camera.js"],
            &["kiosk-keys.js", "kiosk.js", "camera.js"],
            &["kiosk-worker.js"],
            &["wall.js"],
            &["print.js", "tour.js"],
            &["copy.js"],
            &["filing.js", "tour.js"],
            &["import.js", "tour.js"],
            &["draft.js", "tour.js"],
            &["field.js", "tour.js"],
            &["field-worker.js"],
            // Loaded when a picture is chosen or a refusal looked at.
            &["field-rare.js"],
            &["operator.js", "tour.js"],
        ];
        let size = |file: &&str| Embedded::get(file).map_or(0, |f| f.data.len());
        for page in pages {
            let bytes: usize = page.iter().map(size).sum();
            assert!(bytes > 0 && bytes <= 10 * 1024, "{page:?}: {bytes} bytes");
        }
        // Others' work, loaded on a tap and no part of any page's own.
        let vendored = ["zxing-reader.js"];
        let known = [pages.concat(), vendored.to_vec()].concat();
        for file in Embedded::iter().filter(|f| f.ends_with(".js")) {
            assert!(known.contains(&&*file), "{file} belongs to no page");
        }
    }
}
