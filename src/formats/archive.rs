//! ZIP archives from strangers: what a workbook, a Word file and a package of items have in common.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::domain::message::Message;
use crate::message;

/// Most bytes that an archive may unpack to, all its entries together. A sheet of 50,000 questions has
/// about 40 MB.
pub const MOST_UNPACKED: u64 = 256 << 20;
/// Most bytes that one byte of an archive may unpack to. Sheets reach 30, and 100 where most cells are
/// empty; a bomb is about 1,000.
pub const MOST_RATIO: u64 = 250;
/// Below this many unpacked bytes the ratio does not matter.
const ALWAYS_FINE: u64 = 8 << 20;
/// Most entries of an archive.
const MOST_ENTRIES: usize = 20_000;

/// An archive whose every entry has been unpacked once and stayed within the limits.
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
}

/// Whether `file` begins as a ZIP archive does.
pub fn is_zip(file: &[u8]) -> bool {
    file.starts_with(b"PK\x03\x04")
}

impl<'a> Archive<'a> {
    /// Opens an archive and checks its limits. What the archive claims of its sizes is not believed: every
    /// entry is unpacked, and forgotten again.
    ///
    /// # Errors
    /// Why it is refused: damaged, encrypted, or a bomb.
    pub fn open(file: &'a [u8]) -> Result<Self, Message> {
        let mut archive = Self::open_unchecked(file)?;
        let allowed = MOST_UNPACKED.min(ALWAYS_FINE.max(MOST_RATIO.saturating_mul(file.len() as u64)));
        let mut left = allowed;
        for index in 0..archive.zip.len() {
            let entry = archive.zip.by_index(index).map_err(|error| broken(&error))?;
            // One byte more than is allowed, so that reaching the limit and passing it differ.
            let mut bounded = entry.take(left + 1);
            let unpacked = std::io::copy(&mut bounded, &mut std::io::sink()).map_err(|_| damaged())?;
            left = left.checked_sub(unpacked).ok_or_else(|| {
                let most = allowed >> 20;
                message!(
                    "压缩包展开后超过 {most} MB，不予读取",
                    "the archive unpacks to more than {most} MB and is not read"
                )
            })?;
        }
        Ok(archive)
    }

    /// Opens an archive to look at the names in it; nothing is unpacked.
    fn open_unchecked(file: &'a [u8]) -> Result<Self, Message> {
        let zip = ZipArchive::new(Cursor::new(file)).map_err(|error| broken(&error))?;
        if zip.len() > MOST_ENTRIES {
            return Err(message!(
                "压缩包里的文件多于 {MOST_ENTRIES} 个",
                "the archive has more than {MOST_ENTRIES} entries"
            ));
        }
        Ok(Self { zip })
    }

    /// The names of the entries.
    pub fn names(&self) -> Vec<String> {
        self.zip.file_names().flatten().map(Into::into).collect()
    }

    /// Whether there is an entry of this name.
    pub fn has(&self, name: &str) -> bool {
        self.zip.file_names().flatten().any(|other| other == name)
    }

    /// The content of an entry.
    ///
    /// # Errors
    /// When there is none of this name, or it is damaged.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, Message> {
        let entry = self.zip.by_name(name).map_err(|error| match error {
            ZipError::FileNotFound => message!("压缩包里缺少 {name}", "the archive lacks {name}"),
            other => broken(&other),
        })?;
        let mut content = Vec::new();
        entry.take(MOST_UNPACKED).read_to_end(&mut content).map_err(|_| damaged())?;
        Ok(content)
    }
}

/// Whether `file` is an archive with an entry for which `wanted` holds. Looks at the names only.
pub fn holds(file: &[u8], wanted: impl Fn(&str) -> bool) -> bool {
    is_zip(file)
        && Archive::open_unchecked(file)
            .is_ok_and(|archive| archive.zip.file_names().flatten().any(|name| wanted(&name)))
}

fn broken(error: &ZipError) -> Message {
    match error {
        ZipError::UnsupportedArchive(_) => message!(
            "压缩包加了密码，或用了不支持的压缩方法",
            "the archive is encrypted or packed in a way that is not supported"
        ),
        _ => damaged(),
    }
}

fn damaged() -> Message {
    message!(
        "文件不完整或已损坏，请重新保存或重新上传",
        "the file is cut off or damaged; save it again or upload it again"
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn packed(entries: &[(&str, usize)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, size) in entries {
            let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(&vec![b'a'; *size]).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn entries_are_found_and_read() {
        let file = packed(&[("a/b.xml", 3), ("c", 0)]);
        assert!(holds(&file, |name| name.ends_with(".xml")));
        assert!(!holds(&file, |name| name == "d"));
        let mut archive = Archive::open(&file).unwrap();
        assert_eq!(archive.names(), ["a/b.xml", "c"]);
        assert!(archive.has("c") && !archive.has("d"));
        assert_eq!(archive.read("a/b.xml").unwrap(), b"aaa");
        assert!(archive.read("d").is_err());
    }

    #[test]
    fn a_bomb_is_refused_and_its_headers_are_not_believed() {
        let mut file = packed(&[("a", 64 << 20)]);
        assert!(Archive::open(&file).err().unwrap().to_string().contains("unpacks"));
        // The sizes in the local header and in the directory are lowered to one byte.
        let size = u32::try_from(64 << 20).unwrap().to_le_bytes();
        for at in 0..file.len() - 4 {
            if file[at..at + 4] == size {
                file[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
            }
        }
        assert!(Archive::open(&file).is_err());
    }

    #[test]
    fn what_is_cut_off_is_refused_wherever_it_is_cut() {
        let file = packed(&[("a", 300), ("b", 10)]);
        for length in 0..file.len() {
            assert!(Archive::open(&file[..length]).is_err(), "{length}");
        }
        assert!(!holds(b"PK\x03\x04broken", |_| true));
    }
}
