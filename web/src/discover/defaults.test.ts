import { buildSchema, isInputObjectType } from 'graphql';
import { expect, test } from 'vitest';
import schema from '../../../schema/schema.graphql?raw';
import { DEFAULTS } from './defaults';

test('what the form shows before anything is changed is what the API takes where nothing is given', () => {
  const type = buildSchema(schema).getType('StartDiscoveryInput');
  const fields = isInputObjectType(type) ? type.getFields() : {};
  const given = Object.keys(DEFAULTS).map((name) => [name, fields[name]?.defaultValue]);
  expect(Object.fromEntries(given)).toEqual(DEFAULTS);
});
