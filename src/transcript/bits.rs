//! A set of command indices.

/// A bit for each command.
#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    /// Bits that are set.
    pub count: usize,
}

impl Bits {
    pub fn has(&self, index: usize) -> bool {
        let word = self.words.get(index / 64);
        word.is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// Whether it was not set.
    pub fn set(&mut self, index: usize) -> bool {
        if self.has(index) {
            return false;
        }
        if self.words.len() <= index / 64 {
            self.words.resize(index / 64 + 1, 0);
        }
        if let Some(word) = self.words.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
        self.count += 1;
        true
    }

    pub fn clear_from(&mut self, index: usize) {
        let whole = index.div_ceil(64);
        self.words.truncate(whole);
        if !index.is_multiple_of(64)
            && let Some(last) = self.words.get_mut(index / 64)
        {
            *last &= (1 << (index % 64)) - 1;
        }
        self.count = self.words.iter().map(|w| w.count_ones() as usize).sum();
    }
}
