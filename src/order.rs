//! Sorting, with one copy of the algorithm for all types.
//!
//! The standard library's sorts are compiled anew for each type, at three to six kilobytes each, for speed that lists of
//! names and rules have no use for. Here positions are sorted, through a comparison that is called and not inlined.
//! It knows nothing of what it sorts.

use std::cmp::Ordering;

/// Sorts by the order of the elements; equal ones keep their places.
pub fn sort<T: Ord>(items: &mut Vec<T>) {
    sort_by(items, Ord::cmp);
}

/// Sorts by a key; equal ones keep their places.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, |one, other| key(one).cmp(&key(other)));
}

/// Sorts by a comparison; equal ones keep their places.
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let positions = positions(items.len(), &|one, other| match (items.get(one), items.get(other)) {
        (Some(one), Some(other)) => compare(one, other),
        _ => Ordering::Equal,
    });
    let mut slots: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(positions.into_iter().filter_map(|at| slots.get_mut(at)?.take()));
}

/// The positions of so many elements in their order.
#[inline(never)]
fn positions(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..count).collect();
    positions.sort_by(|one, other| compare(*one, *other));
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_there_afterwards_in_order_and_equals_keep_their_places() {
        let mut words = vec!["b2", "a1", "b1", "a2"];
        sort_by_key(&mut words, |word| word.chars().next());
        assert_eq!(words, ["a1", "a2", "b2", "b1"]);
        sort(&mut words);
        assert_eq!(words, ["a1", "a2", "b1", "b2"]);
        sort_by(&mut words, |one, other| other.cmp(one));
        assert_eq!(words, ["b2", "b1", "a2", "a1"]);
        let mut none: Vec<u8> = Vec::new();
        sort(&mut none);
        assert!(none.is_empty());
    }
}
