import { expect, it } from 'vitest';
import { asksFor, complete, isOpen, lastWord, plain, toggle } from './query-terms';

it.each([
	['dog', 'dog'],
	['dog ca', 'ca'],
	['dog -ca', 'ca'],
	['dog "sports c', 'sports c'],
	['"sports car" ', ''],
	['', ''],
])('sees the end of <%s> as <%s>', (query, word) => {
	expect(lastWord(query)).toBe(word);
});

it.each([
	['do', 'dog', '"dog" '],
	['cat do', 'dog', 'cat "dog" '],
	['cat -do', 'dog', 'cat -"dog" '],
	['cat -spo', 'sports car', 'cat -"sports car" '],
	['"spo', 'sports car', '"sports car" '],
])('completes <%s> with %s to <%s>', (query, tag, whole) => {
	expect(complete(query, tag)).toBe(whole);
});

it.each([
	['', 'dog', '"dog"'],
	['cat ', 'sports car', 'cat "sports car"'],
	['cat "sports car" -dog', 'sports car', 'cat -dog'],
	['"dog"', 'dog', ''],
	['dog', 'dog', 'dog "dog"'],
	['-"dog"', 'dog', '-"dog" "dog"'],
])('toggles, in <%s>, %s to <%s>', (query, tag, toggled) => {
	expect(toggle(query, tag)).toBe(toggled);
	expect(asksFor(toggled, tag)).toBe(!asksFor(query, tag));
});

it('reads the quotes of a telephone as quotes', () => {
	expect(plain(' “sports car” dog')).toBe('"sports car" dog');
});

it.each([
	['"sports c', true],
	['"sports car" ', false],
	['dog', false],
])('sees whether <%s> has an open quote', (query, open) => {
	expect(isOpen(query)).toBe(open);
});
