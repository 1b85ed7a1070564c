//! A disk that remembers what was written to it in which order, and what it may hold when the power fails.

/// What a disk was told.
#[derive(Debug, Clone)]
enum Told {
    Write(usize, Vec<u8>),
    /// All that was written so far has to last.
    Flush,
}

/// A disk with a cache: what was not flushed may be there after a power cut, or a part of it, or none.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    first: Vec<u8>,
    now: Vec<u8>,
    told: Vec<Told>,
}

/// The smallest part of a write that is there or is not: what today's disks call a physical sector, and ext4 relies on.
const SECTOR: usize = 4096;

impl Disk {
    /// A disk with this content.
    pub(crate) fn of(image: Vec<u8>) -> Self {
        Self { first: image.clone(), now: image, told: Vec::new() }
    }

    pub(crate) fn size(&self) -> usize {
        self.now.len()
    }

    pub(crate) fn read(&self, offset: usize, size: usize) -> &[u8] {
        let end = self.now.len().min(offset + size);
        &self.now[offset.min(end)..end]
    }

    pub(crate) fn write(&mut self, offset: usize, data: &[u8]) {
        self.now[offset..offset + data.len()].copy_from_slice(data);
        self.told.push(Told::Write(offset, data.to_owned()));
    }

    pub(crate) fn flush(&mut self) {
        self.told.push(Told::Flush);
    }

    /// How much it has been told so far: a moment in its life.
    pub(crate) fn moment(&self) -> usize {
        self.told.len()
    }

    /// What it may hold when the power fails at that moment: all that was flushed, and of each sector that was written
    /// since, the new content where `lasts` says so.
    pub(crate) fn after_cut(&self, moment: usize, mut lasts: impl FnMut() -> bool) -> Vec<u8> {
        let mut image = self.first.clone();
        let told = &self.told[..moment];
        let flushed = told.iter().rposition(|told| matches!(told, Told::Flush)).unwrap_or(0);
        for (at, told) in told.iter().enumerate() {
            let Told::Write(offset, data) = told else { continue };
            for (sector, data) in data.chunks(SECTOR).enumerate() {
                if at < flushed || lasts() {
                    let offset = offset + sector * SECTOR;
                    image[offset..offset + data.len()].copy_from_slice(data);
                }
            }
        }
        image
    }
}
