import { notes } from './storage';

const KEY = 'signed-in';

/** Who this browser is to the service. Its cookie is out of reach, so that it is here is noted. */
class Session {
	/** Whether the service asks for a key. */
	needed = $state(false);
	#held = $state(notes.read(KEY) !== null);

	/** Whether there is something to sign out of. */
	get held(): boolean {
		return this.#held && !this.needed;
	}

	begun(): void {
		this.#held = true;
		this.needed = false;
		notes.write(KEY, 'yes');
	}

	ended(): void {
		this.#held = false;
		this.needed = true;
		notes.write(KEY, null);
	}
}

export const session = new Session();
