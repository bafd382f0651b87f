import { createKey, listKeys, revokeKey, rotateKey } from '../api/keys';
import { signIn } from '../api/session';
import type { ApiKey, CreatedKey, NewKey, Rotation } from '../api/types';
import { authSession } from '../auth-session.svelte';

/** The API keys of the gallery, and the secret of the newest one. */
class Keys {
	#items = $state.raw<ApiKey[] | null>(null);
	#error = $state.raw<unknown>(null);
	#created = $state.raw<CreatedKey | null>(null);

	/** All keys, oldest first; null until loaded. */
	get items(): ApiKey[] | null {
		return this.#items;
	}
	/** The reason why the keys could not be loaded; null when they were. */
	get error(): unknown {
		return this.#error;
	}
	/** The key whose secret is shown; it cannot be loaded again. */
	get created(): CreatedKey | null {
		return this.#created;
	}
	/** Whether the gallery needs no key. Revoked and expired keys do not open it again. */
	get open(): boolean {
		return this.#items?.length === 0;
	}
	/** The key of this browser; undefined while the gallery is open. */
	get own(): ApiKey | undefined {
		return this.#items?.find((key) => key.is_own);
	}

	async refresh(): Promise<void> {
		try {
			this.#items = (await listKeys()).items;
			this.#error = null;
		} catch (error) {
			this.#error = error;
		}
	}

	async create(wanted: NewKey): Promise<void> {
		const first = this.open;
		this.#show(await createKey(wanted), first);
	}

	async rotate({ id, is_own }: ApiKey, wanted: Rotation): Promise<void> {
		this.#show(await rotateKey(id, wanted), is_own);
	}

	async revoke({ id, is_own }: ApiKey): Promise<void> {
		await revokeKey(id);
		if (this.#created?.id === id) this.forget();
		if (is_own) authSession.end();
		else await this.refresh();
	}

	/** Hide the secret. */
	forget(): void {
		this.#created = null;
	}

	/** Show a new key. With `enter`, this browser continues with it: its own access ends. */
	#show(created: CreatedKey, enter: boolean): void {
		this.#created = created;
		// Not awaited: the dialog closes at once, so that the secret can get the focus.
		void this.#reload(enter ? created.key : null);
	}

	async #reload(secret: string | null): Promise<void> {
		// If this fails, the page asks for the key after its secret is hidden.
		if (secret) await signIn(secret).catch(() => undefined);
		await this.refresh();
	}
}

export const keys = new Keys();
