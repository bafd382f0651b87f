import { fireEvent, render } from '@testing-library/svelte';
import { expect, it, vi } from 'vitest';
import { fileOf } from '../testing/factories';
import DropTarget from './DropTarget.svelte';
import { uploads } from './uploads.svelte';

it('takes what is pasted into the page, not into a field', async () => {
	const take = vi.spyOn(uploads, 'take').mockResolvedValue();
	render(DropTarget);
	const clipboardData = { files: [fileOf()] };
	const field = document.body.appendChild(document.createElement('input'));
	await fireEvent.paste(field, { clipboardData });
	expect(take).not.toHaveBeenCalled();
	await fireEvent.paste(document.body, { clipboardData });
	expect(take).toHaveBeenCalledOnce();
	field.remove();
});
