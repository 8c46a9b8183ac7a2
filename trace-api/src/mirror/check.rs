//! Checks a mirror, or a part of it, against the key that signed it: every byte of every file that
//! a manifest names, and that nothing lies beside them.
//!
//! It reads nothing itself: whoever drives it reads from a folder or over HTTP and hands over what
//! was there. `next` says which file, `give` takes it, `end` says what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::time::Timestamp;
use store::mirror::Digest;

use super::MANIFEST;
use super::manifest::{Manifest, digest};
use super::note::{NoteError, Verifier};

/// Something is not as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Other bytes than those that were signed.
    Changed(String),
    /// Named in a manifest, and not there.
    Missing(String),
    /// There, and named in no manifest.
    Added(String),
    /// A manifest that the key did not sign.
    Unsigned(String, String),
    /// A manifest of another folder.
    Misplaced(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(path) => write!(f, "changed: {path}"),
            Self::Missing(path) => write!(f, "missing: {path}"),
            Self::Added(path) => write!(f, "added: {path}"),
            Self::Unsigned(path, why) => write!(f, "not signed: {path} ({why})"),
            Self::Misplaced(path) => write!(f, "of another folder: {path}"),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files whose bytes were checked.
    pub files: usize,
    /// Manifests among them.
    pub manifests: usize,
    /// What the first manifest says of itself: of what, when, and which it is.
    pub head: Option<(String, Timestamp, i64)>,
    /// What is wrong, by path.
    pub faults: BTreeSet<Fault>,
}

#[derive(Debug, Clone)]
struct Job {
    path: String,
    expected: Option<Digest>,
}

/// A check under way.
#[derive(Debug)]
pub struct Check {
    verifier: Verifier,
    /// Only this file of the first folder, where one page is asked for.
    only: Option<String>,
    todo: Vec<Job>,
    current: Option<Job>,
    hashes: BTreeMap<String, Digest>,
    report: Report,
}

impl Check {
    /// A check of a folder and everything that its manifest leads to: the whole mirror for an
    /// empty one, else a folder below it with a slash at its end.
    #[must_use]
    pub fn new(verifier: Verifier, folder: &str) -> Self {
        Self {
            verifier,
            only: None,
            todo: vec![Job {
                path: format!("{folder}{MANIFEST}"),
                expected: None,
            }],
            current: None,
            hashes: BTreeMap::new(),
            report: Report::default(),
        }
    }

    /// A check of one file of a folder.
    #[must_use]
    pub fn of_page(verifier: Verifier, folder: &str, file: &str) -> Self {
        Self {
            only: Some(format!("{folder}{file}")),
            ..Self::new(verifier, folder)
        }
    }

    /// The next file to hand over, from the mirror's root; `None` at the end.
    pub fn next_path(&mut self) -> Option<String> {
        while let Some(job) = self.todo.pop() {
            if let Some(hash) = self.hashes.get(&job.path) {
                if job.expected.is_some_and(|expected| expected != *hash) {
                    self.report.faults.insert(Fault::Changed(job.path));
                }
                continue;
            }
            let path = job.path.clone();
            self.current = Some(job);
            return Some(path);
        }
        None
    }

    /// Takes the file that [`next_path`](Self::next_path) named; `None` where it is not there.
    pub fn give(&mut self, bytes: Option<&[u8]>) {
        let Some(job) = self.current.take() else {
            return;
        };
        let Some(bytes) = bytes else {
            self.report.faults.insert(Fault::Missing(job.path));
            return;
        };
        let hash = digest(bytes);
        self.hashes.insert(job.path.clone(), hash);
        self.report.files += 1;
        if job.expected.is_some_and(|expected| expected != hash) {
            self.report.faults.insert(Fault::Changed(job.path));
            return;
        }
        if job.path == MANIFEST || job.path.ends_with(&format!("/{MANIFEST}")) {
            self.follow(&job.path, bytes);
        }
    }

    fn follow(&mut self, path: &str, bytes: &[u8]) {
        self.report.manifests += 1;
        let manifest = match self.open(bytes) {
            Ok(manifest) => manifest,
            Err(why) => {
                let fault = Fault::Unsigned(path.to_owned(), why);
                self.report.faults.insert(fault);
                return;
            }
        };
        let folder = path.strip_suffix(MANIFEST).unwrap_or_default();
        if manifest.folder != folder {
            self.report.faults.insert(Fault::Misplaced(path.to_owned()));
            return;
        }
        let head = (manifest.of, manifest.at, manifest.number);
        self.report.head.get_or_insert(head);
        for (expected, relative) in manifest.files {
            let Some(path) = join(folder, &relative) else {
                self.report.faults.insert(Fault::Missing(relative));
                continue;
            };
            if self.only.as_ref().is_none_or(|only| *only == path) {
                let expected = Some(expected);
                self.todo.push(Job { path, expected });
            }
        }
        if let Some(only) = self.only.take().filter(|_| self.todo.is_empty()) {
            self.report.faults.insert(Fault::Added(only));
        }
    }

    fn open(&self, bytes: &[u8]) -> Result<Manifest, String> {
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed.to_string())?;
        let text = self.verifier.open(note).map_err(|why| why.to_string())?;
        Manifest::parse(text).map_err(|why| why.to_string())
    }

    /// What was found, given the paths of the files that are there.
    #[must_use]
    pub fn end(mut self, present: impl IntoIterator<Item = String>) -> Report {
        for path in present {
            if !self.hashes.contains_key(&path) {
                self.report.faults.insert(Fault::Added(path));
            }
        }
        self.report
    }
}

/// A path from a folder as one from the root; `None` where it leads out.
fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "" | "." => return None,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::note::Signer;

    type Tree = BTreeMap<String, Vec<u8>>;

    fn signer() -> Signer {
        Signer::new("test", [7; 32]).expect("a key")
    }

    fn manifest(tree: &mut Tree, folder: &str, files: &[&str]) {
        let files = files.iter().map(|path| {
            let from_root = join(folder, path).expect("inside");
            (digest(&tree[&from_root]), (*path).to_owned())
        });
        let manifest = Manifest {
            folder: folder.to_owned(),
            of: "https://trace.example.cn".to_owned(),
            at: Timestamp(0),
            number: 1,
            files: files.collect(),
        };
        let note = signer().sign(&manifest.text());
        tree.insert(format!("{folder}{MANIFEST}"), note.into_bytes());
    }

    fn tree() -> Tree {
        let mut tree = Tree::new();
        for path in ["index.html", "a/index.html", "b/index.html", "p/1.jpg"] {
            tree.insert(path.to_owned(), path.as_bytes().to_vec());
        }
        manifest(&mut tree, "a/", &["index.html", "../p/1.jpg"]);
        manifest(&mut tree, "b/", &["index.html", "../p/1.jpg"]);
        manifest(
            &mut tree,
            "",
            &["index.html", "a/manifest.txt", "b/manifest.txt"],
        );
        tree
    }

    fn faults(tree: &Tree) -> Vec<Fault> {
        let mut check = Check::new(signer().verifier(), "");
        while let Some(path) = check.next_path() {
            check.give(tree.get(&path).map(Vec::as_slice));
        }
        let report = check.end(tree.keys().cloned());
        report.faults.into_iter().collect()
    }

    #[test]
    fn a_whole_mirror_has_no_fault() {
        assert_eq!(faults(&tree()), []);
    }

    #[test]
    fn every_changed_missing_and_added_file_is_found() {
        let whole = tree();
        for path in whole.keys() {
            let mut changed = whole.clone();
            let bytes = changed.get_mut(path).expect("a file");
            bytes[0] ^= 1;
            assert!(!faults(&changed).is_empty(), "{path} changed");
            let mut missing = whole.clone();
            missing.remove(path);
            assert!(faults(&missing).contains(&Fault::Missing(path.clone())));
        }
        let mut added = whole.clone();
        added.insert("a/more.html".to_owned(), b"x".to_vec());
        assert_eq!(faults(&added), [Fault::Added("a/more.html".to_owned())]);
    }

    #[test]
    fn the_folder_of_one_lot_does_not_pass_for_another() {
        let mut swapped = tree();
        for file in ["index.html", MANIFEST] {
            let bytes = swapped[&format!("a/{file}")].clone();
            swapped.insert(format!("b/{file}"), bytes);
        }
        let found = faults(&swapped);
        assert!(found.contains(&Fault::Changed("b/manifest.txt".to_owned())));
        let mut alone = Check::new(signer().verifier(), "b/");
        while let Some(path) = alone.next_path() {
            alone.give(swapped.get(&path).map(Vec::as_slice));
        }
        let found = alone.end([]).faults;
        assert!(found.contains(&Fault::Misplaced("b/manifest.txt".to_owned())));
    }

    #[test]
    fn another_key_signed_nothing_here() {
        let other = Signer::new("other", [8; 32]).expect("a key");
        let mut check = Check::new(other.verifier(), "");
        while let Some(path) = check.next_path() {
            check.give(tree().get(&path).map(Vec::as_slice));
        }
        let report = check.end([]);
        assert!(matches!(report.faults.first(), Some(Fault::Unsigned(..))));
    }

    #[test]
    fn one_page_is_checked_alone_and_a_page_of_nobody_is_told() {
        let whole = tree();
        for (file, expected) in [("index.html", 0), ("other.html", 1)] {
            let mut check = Check::of_page(signer().verifier(), "a/", file);
            while let Some(path) = check.next_path() {
                check.give(whole.get(&path).map(Vec::as_slice));
            }
            assert_eq!(check.end([]).faults.len(), expected, "{file}");
        }
    }

    #[test]
    fn a_path_does_not_lead_out_of_the_mirror() {
        assert_eq!(join("01/2/", "../../p/a.jpg").as_deref(), Some("p/a.jpg"));
        assert_eq!(join("01/", "../../etc/passwd"), None);
        assert_eq!(join("", "/etc/passwd"), None);
    }
}
