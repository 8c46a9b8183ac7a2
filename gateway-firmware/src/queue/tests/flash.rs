//! NOR flash for the tests: strict about the rules of real flash, and with a plug that is pulled
//! after a chosen number of write units. What the interrupted unit leaves behind is chosen too.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read,
    check_write,
};
use std::vec;
use std::vec::Vec;

/// What an interrupted unit leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The unit is not touched at all.
    Clean,
    /// A write leaves some of its bits; an erase leaves a page of old bits with some set.
    Torn,
    /// As torn, and an erase leaves bits by chance, whatever was there.
    Random,
}

/// Why the flash failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power is off.
    PowerCut,
    /// A rule was broken: the queue must never do that.
    Rule(NorFlashErrorKind),
    /// A word was written twice without an erase between.
    WrittenTwice(u32),
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Flash of `UNIT` bytes a write unit and `PAGE` bytes an erase page.
#[derive(Debug, Clone)]
pub struct Flash<const UNIT: usize, const PAGE: usize> {
    bytes: Vec<u8>,
    units_left: Option<u32>,
    /// Units written or erased so far.
    pub units_done: u32,
    damage: Damage,
    chance: u64,
    /// Words at this address always read as zero: worn out.
    pub dead_at: Option<u32>,
}

impl<const UNIT: usize, const PAGE: usize> Flash<UNIT, PAGE> {
    /// Blank flash.
    pub fn blank(pages: usize) -> Self {
        Self {
            bytes: vec![0xff; pages * PAGE],
            units_left: None,
            units_done: 0,
            damage: Damage::Clean,
            chance: 0x9e37_79b9_7f4a_7c15,
            dead_at: None,
        }
    }

    /// Pulls the plug after so many more units.
    pub fn cut_after(&mut self, units: u32, damage: Damage, seed: u64) {
        self.units_left = Some(units);
        self.damage = damage;
        self.chance = seed | 1;
    }

    /// Puts the plug back in.
    pub fn power_on(&mut self) {
        self.units_left = None;
    }

    /// xorshift: enough chance to tear words with.
    fn random(&mut self) -> u8 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 24) as u8
    }

    /// Whether there is power for one more unit; the last one that fails is damaged.
    fn draw(&mut self) -> Result<(), bool> {
        match &mut self.units_left {
            Some(0) => {
                // Only the first failing unit is half done, later calls find no power at all.
                let first = self.damage != Damage::Clean;
                self.damage = Damage::Clean;
                Err(first)
            }
            Some(left) => {
                *left -= 1;
                self.units_done += 1;
                Ok(())
            }
            None => {
                self.units_done += 1;
                Ok(())
            }
        }
    }
}

impl<const UNIT: usize, const PAGE: usize> ErrorType for Flash<UNIT, PAGE> {
    type Error = Fault;
}

impl<const UNIT: usize, const PAGE: usize> ReadNorFlash for Flash<UNIT, PAGE> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        check_read(self, offset, bytes.len()).map_err(Fault::Rule)?;
        let start = offset as usize;
        bytes.copy_from_slice(&self.bytes[start..start + bytes.len()]);
        if let Some(dead) = self.dead_at
            && (offset..offset + bytes.len() as u32).contains(&dead)
        {
            bytes[(dead - offset) as usize] = 0;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const UNIT: usize, const PAGE: usize> NorFlash for Flash<UNIT, PAGE> {
    const WRITE_SIZE: usize = UNIT;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        check_erase(self, from, to).map_err(Fault::Rule)?;
        let kind = self.damage;
        let range = from as usize..to as usize;
        match self.draw() {
            Ok(()) => self.bytes[range].fill(0xff),
            Err(damaged) => {
                for at in range {
                    let chance = self.random();
                    match (damaged, kind) {
                        (true, Damage::Torn) => self.bytes[at] |= chance,
                        (true, Damage::Random) => self.bytes[at] = chance,
                        _ => {}
                    }
                }
                return Err(Fault::PowerCut);
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        check_write(self, offset, bytes.len()).map_err(Fault::Rule)?;
        for (index, unit) in bytes.chunks(UNIT).enumerate() {
            let start = offset as usize + index * UNIT;
            if self.bytes[start..start + UNIT]
                .iter()
                .any(|byte| *byte != 0xff)
            {
                return Err(Fault::WrittenTwice(start as u32));
            }
            match self.draw() {
                Ok(()) => self.bytes[start..start + UNIT].copy_from_slice(unit),
                Err(damaged) => {
                    for (at, byte) in (start..).zip(unit) {
                        let chance = self.random();
                        if damaged {
                            self.bytes[at] &= byte | chance;
                        }
                    }
                    return Err(Fault::PowerCut);
                }
            }
        }
        Ok(())
    }
}
