import { storage } from './storage';

const KEY = 'signed-in';

/**
 * Sign-in state of this browser. Scripts cannot read the session cookie, so localStorage holds a
 * flag that one was set.
 */
class AuthSession {
	/** Whether the service requires an access key. */
	required = $state(false);
	#active = $state(storage.read(KEY) !== null);

	/** Whether the user is signed in, so that the page offers to sign out. */
	get active(): boolean {
		return this.#active && !this.required;
	}

	start(): void {
		this.#active = true;
		this.required = false;
		storage.write(KEY, 'yes');
	}

	end(): void {
		this.#active = false;
		this.required = true;
		storage.write(KEY, null);
	}
}

export const authSession = new AuthSession();
