//! Documents and words in groups, so that blocks of them can be sampled side by side (Yan, Xu & Qi 2009).
//!
//! Documents are cut into P groups and so are words; the tokens of document group i and word group g are block (i, g). In
//! epoch e of a sweep the blocks (i, i + e mod P) share neither documents nor words. P follows from the sizes of the
//! problem alone, so that what is drawn does not depend on the number of threads.

use gyeol_tensor::gibbs::DocSlice;

use gyeol_vectors::matrix::Csr;

/// Least tokens of a block: a few times what waking a thread costs.
const BLOCK: f64 = 2_000.0;
/// Bytes of counts that a group of words should not pass, to stay in a second cache.
const CACHED: u64 = 768 << 10;
/// Least groups of a corpus that is large enough, for threads to share.
const SHARED: u64 = 16;
const MOST: u64 = 64;

/// Tokens of a document group and a word group.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub slices: Vec<DocSlice>,
    /// Rows within the word group.
    pub words: Vec<u32>,
    pub topics: Vec<u16>,
}

/// Where everything lies.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// P.
    pub groups: usize,
    /// First document of each group, and the end of the last.
    pub docs: Vec<usize>,
    /// Group and row within it of each word.
    pub places: Vec<(u16, u32)>,
    /// Words of each group, by row.
    pub words: Vec<Vec<u32>>,
}

/// P for a problem of this size; `bytes` are those of the counts of words.
fn groups(docs: usize, words: usize, tokens: u64, bytes: u64) -> usize {
    let blocks = (tokens as f64 / BLOCK).sqrt() as usize;
    let cached = bytes.div_ceil(CACHED).clamp(SHARED, MOST) as usize;
    cached.min(blocks).min(docs).min(words).max(1)
}

/// Tokens of each word.
pub(super) fn frequencies(matrix: &Csr) -> Vec<u64> {
    let mut frequency = vec![0u64; matrix.cols()];
    matrix.indices().iter().zip(matrix.data()).for_each(|(&w, &n)| frequency[w as usize] += n as u64);
    frequency
}

impl Layout {
    /// `frequency` has the tokens of each word, `bytes` are those of their counts.
    pub fn new(matrix: &Csr, tokens: u64, frequency: &[u64], bytes: u64) -> Layout {
        let groups = groups(matrix.rows(), matrix.cols(), tokens, bytes);
        Layout::with(matrix, tokens, frequency, groups)
    }

    fn with(matrix: &Csr, tokens: u64, frequency: &[u64], groups: usize) -> Layout {
        let mut docs = vec![0];
        let mut seen = 0u64;
        for doc in 0..matrix.rows() {
            // A group ends where its share of the tokens is full, unless documents would be wanting for the others.
            let full = seen * groups as u64 >= tokens * docs.len() as u64;
            if docs.len() < groups
                && doc > docs[docs.len() - 1]
                && (full || matrix.rows() - doc <= groups - docs.len())
            {
                docs.push(doc);
            }
            seen += matrix.parts(doc).1.iter().sum::<f64>() as u64;
        }
        docs.push(matrix.rows());
        let mut order: Vec<u32> = (0..matrix.cols() as u32).collect();
        order.sort_by_key(|&w| (std::cmp::Reverse(frequency[w as usize]), w));
        // The most frequent first, each to the group with the fewest tokens (Graham 1969), then with the fewest words.
        let mut words = vec![Vec::new(); groups];
        let mut heap: std::collections::BinaryHeap<_> =
            (0..groups).map(|g| std::cmp::Reverse((0u64, 0usize, g))).collect();
        let mut places = vec![(0, 0); matrix.cols()];
        for word in order {
            let std::cmp::Reverse((tokens, rows, group)) = heap.pop().expect("a group");
            places[word as usize] = (group as u16, rows as u32);
            words[group].push(word);
            heap.push(std::cmp::Reverse((tokens + frequency[word as usize], rows + 1, group)));
        }
        Layout { groups, docs, places, words }
    }

    /// The blocks, row by row: block (i, g) is number i P + g. All tokens are of topic 0.
    pub fn blocks(&self, matrix: &Csr) -> Vec<Block> {
        let mut blocks = vec![Block::default(); self.groups * self.groups];
        let mut tokens: Vec<(u16, u32, u32)> = Vec::new();
        for (i, range) in self.docs.windows(2).enumerate() {
            for doc in range[0]..range[1] {
                tokens.clear();
                tokens.extend(matrix.row(doc).filter(|(_, n)| *n > 0.0).map(|(word, n)| {
                    let (group, row) = self.places[word as usize];
                    (group, row, n as u32)
                }));
                tokens.sort_unstable();
                for part in tokens.chunk_by(|a, b| a.0 == b.0) {
                    let block = &mut blocks[i * self.groups + usize::from(part[0].0)];
                    let before = block.words.len();
                    for &(_, row, n) in part {
                        block.words.extend(std::iter::repeat_n(row, n as usize));
                    }
                    let tokens = (block.words.len() - before) as u32;
                    block.slices.push(DocSlice { doc: (doc - range[0]) as u32, tokens });
                }
            }
        }
        for block in &mut blocks {
            block.topics = vec![0; block.words.len()];
        }
        blocks
    }

    /// Where tokens stand in the order of the documents and, within them, of the blocks.
    pub fn in_order(&self, blocks: &[Block], mut each: impl FnMut(usize, usize, std::ops::Range<usize>)) {
        let mut next = vec![(0, 0); self.groups];
        for (i, range) in self.docs.windows(2).enumerate() {
            next.fill((0, 0));
            for doc in range[0]..range[1] {
                for (g, (slice, token)) in next.iter_mut().enumerate() {
                    let number = i * self.groups + g;
                    let here = blocks[number].slices.get(*slice).filter(|s| s.doc as usize == doc - range[0]);
                    if let Some(here) = here {
                        each(doc, number, *token..*token + here.tokens as usize);
                        *slice += 1;
                        *token += here.tokens as usize;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Csr {
        let places = (0..40u32)
            .flat_map(|d| (0..d % 7).map(move |i| (d, (d * 13 + i * 5) % 23, f64::from(i % 3 + 1))));
        Csr::from_triplets(40, 23, places).unwrap()
    }

    #[test]
    fn each_token_lies_in_one_block() {
        let matrix = matrix();
        let tokens = matrix.data().iter().sum::<f64>() as u64;
        for groups in [1, 2, 3, 5, 23] {
            let layout = Layout::with(&matrix, tokens, &frequencies(&matrix), groups);
            assert_eq!((layout.docs.len(), layout.words.len()), (groups + 1, groups));
            assert!(
                layout.docs.windows(2).all(|d| d[0] < d[1]) && layout.words.iter().all(|w| !w.is_empty())
            );
            let blocks = layout.blocks(&matrix);
            let mut found = Vec::new();
            layout.in_order(&blocks, |doc, number, range| {
                let words = blocks[number].words[range]
                    .iter()
                    .map(|&row| layout.words[number % groups][row as usize]);
                found.extend(words.map(|word| (doc as u32, word, 1.0)));
            });
            assert_eq!(found.len() as u64, tokens);
            assert!(found.is_sorted_by_key(|t| t.0));
            assert_eq!(Csr::from_triplets(40, 23, found).unwrap(), matrix, "{groups} groups");
        }
    }

    #[test]
    fn groups_follow_the_size() {
        assert_eq!(groups(20, 100, 900, 6_400), 1);
        assert_eq!(groups(20_000, 30_000, 2_600_000, 8 << 20), 16);
        assert_eq!(groups(20_000, 30_000, 2_600_000, 60 << 20), 36);
        assert_eq!(groups(3, 30_000, 2_600_000, 60 << 20), 3);
    }
}
