// The compiler's lists of elements, attributes and runes, of which a page needs none.
export {};
