import { storage } from '../storage';

const KEY = 'letters';
const TYPED_INTO = 'input:not([type=checkbox]), select, textarea';

/** Single-letter shortcuts. They can be turned off, because speech input may trigger them. */
class LetterShortcuts {
	#enabled = $state(storage.read(KEY) !== 'off');

	get enabled(): boolean {
		return this.#enabled;
	}
	set enabled(enabled: boolean) {
		this.#enabled = enabled;
		storage.write(KEY, enabled ? null : 'off');
	}

	/** Return the key pressed without modifiers and outside a field, or null. */
	keyOf(event: KeyboardEvent): string | null {
		const modified = event.ctrlKey || event.metaKey || event.altKey;
		if (!this.#enabled || modified || event.defaultPrevented || isTyping(event)) return null;
		return event.key;
	}
}

export const letterShortcuts = new LetterShortcuts();

/** Return whether the event comes from a text field or a select. */
export const isTyping = ({ target }: Event): boolean =>
	target instanceof HTMLElement && target.matches(TYPED_INTO);

/** Return whether the key deletes. Repeats do not count: a held key must delete only once. */
export const isDelete = ({ key, repeat }: KeyboardEvent): boolean =>
	!repeat && (key === 'Delete' || key === 'Backspace');
