import { notes } from '../storage';

const KEY = 'letters';
const TYPED_INTO = 'input:not([type=checkbox]), select, textarea';

/** Whether single letters do something; who speaks to the machine may not want that. */
class Letters {
	#on = $state(notes.read(KEY) !== 'off');

	get on(): boolean {
		return this.#on;
	}
	set on(on: boolean) {
		this.#on = on;
		notes.write(KEY, on ? null : 'off');
	}

	/** The letter or sign that was pressed alone, outside any field; null for all else. */
	of(event: KeyboardEvent): string | null {
		const held = event.ctrlKey || event.metaKey || event.altKey;
		if (!this.#on || held || event.defaultPrevented || isTyping(event)) return null;
		return event.key;
	}
}

export const letters = new Letters();

export const isTyping = ({ target }: Event): boolean =>
	target instanceof HTMLElement && target.matches(TYPED_INTO);
