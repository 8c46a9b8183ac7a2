//! NOR flash of a board that is not there, with the units of a common microcontroller: in memory,
//! or in a file that outlives the program. A write reaches the file in one piece before it is
//! reported done, so that killing the program is to this flash what a power cut is to a real one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, ensure};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// Bytes: 1,024 readings.
pub const FLASH_BYTES: usize = 64 * 1024;

/// What an erased cell holds.
const BLANK: u8 = 0xff;

/// The flash.
#[derive(Debug)]
pub struct Flash {
    cells: Vec<u8>,
    file: Option<File>,
}

impl Flash {
    /// Blank flash of [`FLASH_BYTES`] in memory.
    pub fn blank() -> Self {
        Self {
            cells: vec![BLANK; FLASH_BYTES],
            file: None,
        }
    }

    /// The flash in a file, blank where there is no such file yet. One program at a time.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options
            .open(path)
            .with_context(|| format!("cannot open {name}"))?;
        file.try_lock()
            .with_context(|| format!("{name} is another simulation's"))?;
        let mut cells = Vec::with_capacity(FLASH_BYTES);
        file.read_to_end(&mut cells)
            .with_context(|| format!("cannot read {name}"))?;
        ensure!(
            cells.len() <= FLASH_BYTES,
            "{name} is no flash of {FLASH_BYTES} bytes"
        );
        // New, or killed before it was whole: nothing was written to it yet.
        if cells.len() < FLASH_BYTES {
            cells = vec![BLANK; FLASH_BYTES];
            file.write_all_at(&cells, 0)
                .with_context(|| format!("cannot write {name}"))?;
        }
        Ok(Self {
            cells,
            file: Some(file),
        })
    }

    /// Puts cells into the file as they are now.
    fn keep(&self, from: usize, to: usize) -> Result<(), NorFlashErrorKind> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let written: io::Result<()> = file.write_all_at(&self.cells[from..to], from as u64);
        written.map_err(|error| {
            tracing::error!(%error, "the flash's file cannot be written");
            NorFlashErrorKind::Other
        })
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        let start = offset as usize;
        bytes.copy_from_slice(&self.cells[start..start + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.cells.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4_096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        let (from, to) = (from as usize, to as usize);
        self.cells[from..to].fill(BLANK);
        self.keep(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let start = offset as usize;
        // Writing can only clear bits, as in the real thing.
        for (cell, byte) in self.cells[start..].iter_mut().zip(bytes) {
            *cell &= byte;
        }
        self.keep(start, start + bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;
    use gateway_firmware::queue::Queue;

    #[test]
    fn the_queue_works_on_this_flash_and_survives_a_restart() {
        let mut queue = Queue::open(Flash::blank()).expect("the geometry suits");
        let number = queue.append(&[7; 46]).expect("room");
        let mut queue = Queue::open(queue.release()).expect("it opens again");
        let entry = queue.find(number).expect("flash works").expect("kept");
        assert_eq!((entry.payload, entry.held), ([7; 46], true));
        assert_eq!(queue.capacity(), 960);
    }

    #[test]
    fn flash_in_a_file_is_as_it_was_left() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let path = folder.path().join("gw.flash");
        let mut queue = Queue::open(Flash::open(&path)?)?;
        let numbers = [queue.append(&[1; 46])?, queue.append(&[2; 46])?];
        queue.forget(numbers[0])?;
        drop(queue);
        let mut queue = Queue::open(Flash::open(&path)?)?;
        let mut held = |number| anyhow::Ok(queue.find(number)?.context("kept")?.held);
        assert_eq!((held(numbers[0])?, held(numbers[1])?), (false, true));
        assert_eq!(queue.head(), numbers[1] + 1);
        Ok(())
    }

    #[test]
    fn a_file_of_another_size_or_in_use_is_refused() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let path = folder.path().join("gw.flash");
        let _first = Flash::open(&path)?;
        let error = Flash::open(&path).expect_err("it is in use");
        assert!(error.to_string().ends_with("is another simulation's"));
        let large = folder.path().join("large.flash");
        std::fs::write(&large, vec![0; FLASH_BYTES + 1])?;
        let error = Flash::open(&large).expect_err("it is too large");
        assert!(error.to_string().ends_with("is no flash of 65536 bytes"));
        Ok(())
    }
}
