//! The flags, lists, files and printers of `suyuan label`, without a process of their own.

use clap::Parser as _;
use label_printer::mock::{Behaviour, MockPrinter};

use super::*;

/// Enough of a command line to parse the flags.
#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

const LINK: &str = "https://a.cn/01/09506000134352/10/A-1";

fn flags(flags: &[&str]) -> Result<Args, clap::Error> {
    let line = ["label"].iter().chain(flags);
    Line::try_parse_from(line).map(|line| line.args)
}

fn parse(rest: &[&str]) -> Result<Args, clap::Error> {
    let all: Vec<_> = ["--link", LINK].iter().chain(rest).copied().collect();
    flags(&all)
}

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("suyuan-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.0.join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is a matter of the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A list of so many labels.
fn list(count: u32) -> String {
    let row = |number: u32| format!("https://a.cn/01/09506000134352/10/A/21/{number},茶{number}\n");
    "link,product\n".to_owned() + &(1..=count).map(row).collect::<String>()
}

/// Runs with a list; what it said when it failed.
fn run_list(folder: &Folder, text: &str, rest: &[&str]) -> anyhow::Result<Option<String>> {
    let path = folder.file("list.csv");
    std::fs::write(&path, text)?;
    let all: Vec<_> = ["--csv", &path].iter().chain(rest).copied().collect();
    Ok(run(flags(&all)?).err().map(|error| format!("{error:#}")))
}

#[test]
fn every_format_is_written_to_its_file() -> anyhow::Result<()> {
    let folder = Folder::new("label-formats")?;
    for (format, start) in [
        ("png", &b"\x89PNG"[..]),
        ("svg", b"<svg"),
        ("pdf", b"%PDF"),
        ("tspl", b"SIZE 50 mm"),
        ("zpl", b"^XA^PW591"),
        ("escpos", b"\x1b@\x1dv0\0"),
    ] {
        let out = folder.file(format);
        let text = [
            "--text",
            "product=莓茶",
            "--size",
            "50x30mm",
            "--dpi",
            "300",
        ];
        let all: Vec<_> = text
            .iter()
            .chain(&["--format", format, "--out", &out])
            .copied()
            .collect();
        run(parse(&all)?)?;
        assert!(folder.read(format)?.starts_with(start), "{format}");
    }
    Ok(())
}

#[test]
fn wrong_flags_are_a_matter_of_usage() {
    for wrong in [
        &["--text", "colour=red"][..],
        &["--text", "product"],
        &["--format", "bmp"],
        &["--size", "41x30mm"],
        &["--size", "0x0mm"],
        &["--size", "10000x30mm"],
        &["--dpi", "600"],
        &["--dpi", "1"],
        &["--csv", "list.csv"],
        &["--start", "2"],
        &["--print", "usb"],
        &["--print", "tcp://a", "--out", "b"],
        &["--template", "a4-3x8", "--size", "40x30mm"],
    ] {
        assert!(parse(wrong).is_err(), "{wrong:?}");
    }
    assert!(flags(&[]).is_err() && flags(&["--csv", "a", "--start", "0"]).is_err());
}

#[test]
fn a_label_that_may_not_be_printed_is_refused_with_its_reason() -> anyhow::Result<()> {
    for (rest, told) in [
        (&["--text", "product=茶🍵"][..], "'🍵' (U+1F375)"),
        (&["--text", "product=茶\u{7}"], "U+0007"),
        (&["--module-dots", "9"], "9 dots a module at 203 dpi"),
        (&["--offset-x", "-30"], "the offset must be -20 to 20 mm"),
        (&["--scale", "1.02"], "a scale is for PDF only"),
        (&["--first", "2"], "only sheets of labels in PDF"),
        (
            &["--template", "nowhere.toml"],
            "nowhere.toml cannot be read",
        ),
    ] {
        let all: Vec<_> = ["--format", "tspl"].iter().chain(rest).copied().collect();
        let error = run(parse(&all)?).err().map(|error| format!("{error:#}"));
        assert!(
            error.as_ref().is_some_and(|error| error.contains(told)),
            "{rest:?}: {error:?}"
        );
    }
    let long = format!("product={}", "茶".repeat(300));
    let error = run(parse(&["--text", &long])?).err();
    let told = "the product does not fit on a label of 40x30mm; no known size would hold it, so it \
                must be shortened";
    assert_eq!(error.map(|error| error.to_string()).as_deref(), Some(told));
    for link in [
        "/01/09506000134352",
        "https://a.cn/01/09506000134353",
        "https://a.cn",
    ] {
        assert!(run(flags(&["--link", link])?).is_err(), "{link}");
    }
    Ok(())
}

#[test]
fn a_template_of_ones_own_is_used_and_a_ruler_takes_its_size() -> anyhow::Result<()> {
    let folder = Folder::new("label-template")?;
    let file = folder.file("own.toml");
    std::fs::write(&file, "base = \"40x30mm\"\nsize = \"45x32mm\"\n")?;
    for ruler in [&[][..], &["--ruler"]] {
        let out = folder.file("own.svg");
        let rest = ["--template", &file, "--format", "svg", "--out", &out];
        let all: Vec<_> = rest.iter().chain(ruler).copied().collect();
        run(parse(&all)?)?;
        let svg = String::from_utf8(folder.read("own.svg")?)?;
        assert!(svg.contains("width=\"45mm\" height=\"32mm\""));
    }
    Ok(())
}

#[test]
fn a_template_in_a_circle_or_without_a_key_is_refused_by_name() -> anyhow::Result<()> {
    let folder = Folder::new("label-circle")?;
    for (name, text) in [
        ("one.toml", "base = \"two.toml\"\n"),
        ("two.toml", "base = \"one.toml\"\n"),
        (
            "bare.toml",
            "size = \"45x32mm\"\nmargin_mm = 1.5\nside = []\n",
        ),
        (
            "field.toml",
            "base = \"40x30mm\"\nside = [\n  { size_mm = 2.2 },\n]\n",
        ),
        ("long.toml", "base = \"40x30mm\"\nsize = \"10000x30mm\"\n"),
    ] {
        std::fs::write(folder.file(name), text)?;
    }
    for (name, told) in [
        ("one.toml", "templates build on one another in a circle: "),
        ("bare.toml", "bare.toml: code_mm_max is missing"),
        ("field.toml", "field.toml, line 3: missing field `field`"),
        (
            "long.toml",
            "long.toml, line 2: size: \"10000x30mm\" is no label size",
        ),
    ] {
        let error = run(parse(&["--template", &folder.file(name)])?).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(told), "{name}: {error}");
    }
    Ok(())
}

#[test]
fn a_list_becomes_a_stream_an_archive_or_sheets() -> anyhow::Result<()> {
    let folder = Folder::new("label-list")?;
    let out = folder.file("labels");
    let text = list(30);
    let stream = ["--format", "zpl", "--out", &out];
    assert_eq!(run_list(&folder, &text, &stream)?, None);
    assert_eq!(
        String::from_utf8(folder.read("labels")?)?
            .matches("^XA")
            .count(),
        30
    );
    assert_eq!(
        run_list(&folder, &text, &["--format", "png", "--out", &out])?,
        None
    );
    let archive = zip::ZipArchive::new(std::io::Cursor::new(folder.read("labels")?))?;
    assert_eq!(archive.len(), 30);
    let sheets = [
        "--format",
        "pdf",
        "--template",
        "a4-3x8",
        "--first",
        "20",
        "--out",
        &out,
    ];
    assert_eq!(run_list(&folder, &text, &sheets)?, None);
    assert!(folder.read("labels")?.starts_with(b"%PDF"));
    Ok(())
}

#[test]
fn a_list_goes_on_where_it_is_told_to() -> anyhow::Result<()> {
    let folder = Folder::new("label-start")?;
    let out = folder.file("labels");
    let rest = ["--format", "png", "--start", "4", "--out", &out];
    assert_eq!(run_list(&folder, &list(5), &rest)?, None);
    let archive = zip::ZipArchive::new(std::io::Cursor::new(folder.read("labels")?))?;
    let names = archive.file_names().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(names, ["000004.png", "000005.png"]);
    let beyond = run_list(&folder, &list(3), &rest)?;
    assert_eq!(
        beyond.as_deref(),
        Some("--start 4 is beyond the list's 3 labels")
    );
    Ok(())
}

#[test]
fn mistakes_of_a_list_are_told_by_their_lines_before_anything_is_made() -> anyhow::Result<()> {
    let folder = Folder::new("label-mistakes")?;
    let out = folder.file("labels");
    for (text, told) in [
        ("", "not even its columns are named"),
        ("link,product\n", "it names its columns, but has no label"),
        ("product\n茶\n", "line 1: there is no column link"),
        (
            "link,colour\n",
            "line 1: a column is link or a field's name",
        ),
        ("link,lot,lot\n", "line 1: there are two columns lot"),
        (
            &(list(2) + "https://a.cn/01/09506000134353,茶\n"),
            "line 4: the code's link is not a GS1",
        ),
        (
            &(list(1) + "https://a.cn/01/09506000134352,🍵\n"),
            "line 3: the product has the char",
        ),
        (&(list(1) + "https://a.cn/01/09506000134352\n"), "line: 3"),
        (
            &(list(1) + &"x".repeat(20_000)),
            "a line has more than 16384 bytes",
        ),
    ] {
        let error = run_list(&folder, text, &["--format", "tspl", "--out", &out])?;
        assert!(
            error.as_ref().is_some_and(|error| error.contains(told)),
            "{told}: {error:?}"
        );
        assert!(!Path::new(&out).exists(), "{told}");
    }
    Ok(())
}

#[test]
fn one_label_more_than_a_list_may_have_is_refused_before_anything_is_made() -> anyhow::Result<()> {
    let folder = Folder::new("label-limit")?;
    let out = folder.file("labels");
    let row = "https://a.cn/01/09506000134352\n";
    let text = "link\n".to_owned() + &row.repeat(100_001);
    let error = run_list(&folder, &text, &["--format", "tspl", "--out", &out])?;
    assert!(error.is_some_and(|error| error.contains("more than 100000 labels")));
    assert!(!Path::new(&out).exists());
    Ok(())
}

#[test]
fn a_printer_prints_a_list_and_after_a_fault_it_goes_on_where_it_stopped() -> anyhow::Result<()> {
    let folder = Folder::new("label-print")?;
    let behaviour = Behaviour {
        closes_after: Some(2),
        ..Behaviour::good(Format::Tspl)
    };
    let printer = MockPrinter::start(behaviour)?;
    let address = printer.address();
    let rest = ["--format", "tspl", "--print", &address];
    let error = run_list(&folder, &list(5), &rest)?.unwrap_or_default();
    let told = "labels 1 to 2 of the list were made; go on with --start 3: line 4: the printer";
    assert!(error.starts_with(told), "{error}");
    let on = ["--format", "tspl", "--print", &address, "--start", "4"];
    assert_eq!(run_list(&folder, &list(5), &on)?, None);
    assert_eq!((printer.count(), printer.complaints()), (4, Vec::new()));
    Ok(())
}

#[test]
fn a_picture_is_not_sent_to_a_printer() -> anyhow::Result<()> {
    let error = run(parse(&["--print", "tcp://127.0.0.1:1"])?).err();
    let told =
        "a printer is sent tspl, zpl, escpos or pdf, not png: name its language with --format";
    assert_eq!(error.map(|error| error.to_string()).as_deref(), Some(told));
    Ok(())
}

#[test]
fn a_cancelled_run_stays_whole_and_says_where_to_go_on() {
    let cancel = cancel::Cancel::default();
    assert!(!cancel.is_cancelled());
    cancel.cancel();
    assert!(cancel.is_cancelled());
}

#[test]
fn what_fuzzing_kept_of_lists_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/label_list");
    let mut labels = 0;
    for entry in std::fs::read_dir(folder).expect("the kept corpus") {
        let bytes = std::fs::read(entry.expect("a file").path()).expect("its bytes");
        let Ok(mut list) = list::List::read(Box::new(std::io::Cursor::new(bytes))) else {
            continue;
        };
        while let Ok(Some(entry)) = list.next(|label| label) {
            labels += usize::from(entry.label.is_ok());
        }
    }
    assert!(labels > 0, "none of them has a label");
}
