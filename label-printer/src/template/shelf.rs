//! An operator's own templates: a folder of files that are looked at each time one is wanted, so
//! that an edited file counts at once and a broken one is told where it is used.

use std::path::{Path, PathBuf};

use super::{Template, TemplateError, file};

/// Most files of a folder that are looked at.
const FILES_MAX: usize = 200;

/// Longest name of a template.
const NAME_CHARS_MAX: usize = 40;

/// What a template file's name ends in.
const ENDING: &str = "toml";

/// The built-in templates and those of a folder.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    folder: Option<PathBuf>,
}

/// A template of a shelf.
#[derive(Debug)]
pub struct Shelved {
    /// What it is called: the file's name without `.toml`.
    pub name: String,
    /// Whether it is a built-in one.
    pub built_in: bool,
    /// The template, or why it cannot be used.
    pub template: Result<Template, TemplateError>,
}

impl Shelf {
    /// The built-in templates, and those of a folder if there is one.
    #[must_use]
    pub const fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// A template by its name; a built-in one comes before a file of the same name.
    pub fn find(&self, name: &str) -> Result<Template, TemplateError> {
        if Template::source(name).is_some() {
            return Template::named(name);
        }
        let path = self
            .path(name)
            .ok_or_else(|| TemplateError::unknown(name))?;
        file::load_as(name, &path)
    }

    /// The text of a template's file.
    pub fn source(&self, name: &str) -> Result<String, TemplateError> {
        if let Some(text) = Template::source(name) {
            return Ok(text.to_owned());
        }
        let path = self
            .path(name)
            .ok_or_else(|| TemplateError::unknown(name))?;
        file::read(&path)
    }

    /// Reads a template's text as if it were a file of the folder; it may build upon the others.
    pub fn parse(&self, name: &str, text: &str) -> Result<Template, TemplateError> {
        file::parse_in(name, text, self.folder.as_deref())
    }

    /// Where the operator's templates lie, if there is a folder for them.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Keeps a template's text as a file of the folder, in place of one of the same name, if it can
    /// be used. The folder is made where it is missing.
    pub fn keep(&self, name: &str, text: &str) -> Result<(), TemplateError> {
        let unfit = |reason: &str| TemplateError::Unfit {
            file: name.to_owned(),
            reason: reason.to_owned(),
        };
        if !is_name(name) {
            return Err(unfit("a name has 1 to 40 letters, digits, - and _"));
        }
        if Template::source(name).is_some() {
            return Err(unfit("a built-in template has this name"));
        }
        let folder = self
            .folder
            .as_deref()
            .ok_or_else(|| unfit("there is no folder for templates"))?;
        self.parse(name, text)?;
        let unwritten = |error: std::io::Error| TemplateError::Unfit {
            file: folder.display().to_string(),
            reason: format!("it cannot be written to: {error}"),
        };
        std::fs::create_dir_all(folder).map_err(unwritten)?;
        // Whoever prints meanwhile reads the old file or the new one, and never half of it.
        let unfinished = folder.join(format!(".{name}.part"));
        std::fs::write(&unfinished, text).map_err(unwritten)?;
        std::fs::rename(&unfinished, folder.join(format!("{name}.{ENDING}"))).map_err(unwritten)
    }

    /// All templates: the built-in ones, then the folder's by name.
    #[must_use]
    pub fn list(&self) -> Vec<Shelved> {
        let built_in = Template::names().map(|name| (name.to_owned(), true));
        let own = self.own_names().into_iter().map(|name| (name, false));
        let shelved = |(name, built_in): (String, bool)| Shelved {
            template: self.find(&name),
            name,
            built_in,
        };
        built_in.into_iter().chain(own).map(shelved).collect()
    }

    /// Names of the files that can be templates, without those that a built-in one hides.
    fn own_names(&self) -> Vec<String> {
        let entries = self.folder.as_deref().map(std::fs::read_dir);
        let entries = entries.into_iter().flatten().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| name_of(&entry.path()))
            .filter(|name| Template::source(name).is_none())
            .take(FILES_MAX)
            .collect();
        names.sort();
        names
    }

    /// The file of a name, if there is one.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.as_deref()?.join(format!("{name}.{ENDING}"));
        (is_name(name) && path.is_file()).then_some(path)
    }
}

/// What a file's template is called, if it is one.
fn name_of(path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    (path.extension()? == ENDING && is_name(name)).then(|| name.to_owned())
}

/// Letters, digits and hyphens: no name leads out of the folder.
fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && name.chars().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes away.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> std::io::Result<Self> {
            let path = std::env::temp_dir().join(format!("shelf-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path)?;
            Ok(Self(path))
        }

        fn put(&self, name: &str, text: &str) -> std::io::Result<()> {
            std::fs::write(self.0.join(name), text)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // What stays behind is a matter of the temporary folder.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_folders_templates_stand_beside_the_built_in_ones_and_an_edit_counts_at_once()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = Folder::new("edit")?;
        folder.put("大箱.toml", "base = \"100x70mm\"\nsize = \"105x75mm\"\n")?;
        folder.put("narrow.toml", "base = \"大箱.toml\"\nsize = \"90x70mm\"\n")?;
        folder.put("40x30mm.toml", "size = \"1x1mm\"\n")?;
        folder.put("notes.txt", "size = \"1x1mm\"\n")?;
        let shelf = Shelf::new(Some(folder.0.clone()));
        let own: Vec<_> = shelf.list().into_iter().filter(|s| !s.built_in).collect();
        let names: Vec<_> = own.iter().map(|shelved| shelved.name.as_str()).collect();
        assert_eq!(names, ["narrow", "大箱"]);
        assert_eq!(shelf.find("narrow")?.size.to_string(), "90x70mm");
        assert_eq!(shelf.find("narrow")?.name, "narrow");
        assert_eq!(shelf.find("40x30mm")?.size.to_string(), "40x30mm");
        folder.put("narrow.toml", "base = \"大箱.toml\"\nmargin_mm = 90\n")?;
        let told = shelf.find("narrow").err().map(|error| error.to_string());
        let expected = "narrow, line 2: margin_mm is 90; it must be 0.8 to 20";
        assert_eq!(told.as_deref(), Some(expected));
        assert!(shelf.source("narrow")?.contains("margin_mm = 90"));
        Ok(())
    }

    #[test]
    fn no_name_and_no_base_leads_out_of_the_folder() -> Result<(), Box<dyn std::error::Error>> {
        let (folder, inner) = (Folder::new("out")?, "inner");
        folder.put("secret.toml", "size = \"40x30mm\"\n")?;
        std::fs::create_dir_all(folder.0.join(inner))?;
        let shelf = Shelf::new(Some(folder.0.join(inner)));
        for name in ["../secret", "", "a/b", "secret", &"a".repeat(41)] {
            let told = shelf.find(name).err().map(|error| error.to_string());
            assert!(
                told.is_some_and(|told| told.contains("there is no template")),
                "{name}"
            );
        }
        let told = shelf.parse("own", "base = \"../secret.toml\"\n").err();
        let told = told.map(|error| error.to_string()).unwrap_or_default();
        assert!(
            told.starts_with("own, line 1: base: \"../secret.toml\" is neither"),
            "{told}"
        );
        Ok(())
    }

    #[test]
    fn a_template_is_kept_when_it_can_be_used_and_no_name_leads_out_of_the_folder()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = Folder::new("keep")?;
        let shelf = Shelf::new(Some(folder.0.join("made")));
        let text = "base = \"100x70mm\"\nsize = \"105x75mm\"\n";
        shelf.keep("crate", text)?;
        assert_eq!(shelf.source("crate")?, text);
        assert!(shelf.keep("crate", "size = \"0x0mm\"").is_err());
        assert_eq!(shelf.source("crate")?, text, "the one before stays");
        for wrong in ["../out", "a/b", "", ".hidden", "40x30mm"] {
            assert!(shelf.keep(wrong, text).is_err(), "{wrong}");
        }
        assert_eq!(std::fs::read_dir(folder.0.join("made"))?.count(), 1);
        assert!(Shelf::default().keep("crate", text).is_err());
        Ok(())
    }
}
