import { expect, it } from 'vitest';
import { complete, lastWord } from './terms';

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
	['do', 'dog', 'dog '],
	['cat do', 'dog', 'cat dog '],
	['cat -spo', 'sports car', 'cat -"sports car" '],
	['"spo', 'sports car', '"sports car" '],
])('completes <%s> with %s to <%s>', (query, tag, whole) => {
	expect(complete(query, tag)).toBe(whole);
});
