-- The schema after 0007_model_files, by `npm run golden:schemas`.
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
CREATE TABLE "blob" (
	"hash" text PRIMARY KEY NOT NULL,
	"bytes" "bytea" NOT NULL
);

CREATE TABLE "checkpoint" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"step" integer NOT NULL,
	"state" "bytea" NOT NULL
);

CREATE TABLE "direction" (
	"id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"discovery_id" uuid,
	"origin" text NOT NULL,
	"index" integer NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"kind" text NOT NULL,
	"reverse_process" text NOT NULL,
	"sampling_steps" integer NOT NULL,
	"name" text NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"favourite" boolean DEFAULT false NOT NULL,
	"hidden" boolean DEFAULT false NOT NULL,
	"accuracy" double precision,
	"strength_error" double precision,
	"monotonicity" double precision,
	"effect_size" double precision,
	"uniqueness" double precision,
	"score" double precision,
	"dead" boolean DEFAULT false NOT NULL,
	"duplicate_of_id" uuid,
	"statistics_hash" text,
	"parameters_hash" text
);

CREATE TABLE "discovery" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"config" jsonb NOT NULL,
	"step" integer DEFAULT 0 NOT NULL,
	"total_steps" integer NOT NULL,
	"seconds_per_step" double precision,
	"peak_memory_bytes" double precision,
	"device" text,
	"resumed_from_step" integer,
	"statistics_hash" text
);

CREATE TABLE "edit" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"seed" bigint,
	"image_id" uuid,
	"shifts" jsonb NOT NULL,
	"sampling_steps" integer NOT NULL,
	"reverse_process" text NOT NULL,
	"eta" double precision NOT NULL,
	"preview_every" integer NOT NULL,
	"preview_size" integer,
	"original_image_id" uuid,
	"result_image_id" uuid,
	"warnings" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"provenance" jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE "event" (
	"run_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	"type" text NOT NULL,
	"payload" jsonb NOT NULL,
	CONSTRAINT "event_run_id_seq_pk" PRIMARY KEY("run_id","seq")
);

CREATE TABLE "filmstrip" (
	"direction_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"strength" double precision NOT NULL,
	"image_id" uuid NOT NULL,
	CONSTRAINT "filmstrip_direction_id_position_pk" PRIMARY KEY("direction_id","position")
);

CREATE TABLE "gallery" (
	"model_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"image_id" uuid NOT NULL,
	CONSTRAINT "gallery_model_id_position_pk" PRIMARY KEY("model_id","position")
);

CREATE TABLE "image" (
	"id" uuid PRIMARY KEY NOT NULL,
	"blob_hash" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"content_type" text NOT NULL
);

CREATE TABLE "model" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"source" text NOT NULL,
	"status" text NOT NULL,
	"error" jsonb,
	"hash" text,
	"resolution" integer DEFAULT 0 NOT NULL,
	"channels" integer DEFAULT 0 NOT NULL,
	"parameter_count" bigint DEFAULT 0 NOT NULL,
	"h_shape" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"h_tap" text DEFAULT '' NOT NULL,
	"train_timesteps" integer DEFAULT 0 NOT NULL,
	"beta_schedule" text DEFAULT '' NOT NULL,
	"prediction_type" text DEFAULT '' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "run" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"error" jsonb,
	"epoch" integer DEFAULT 0 NOT NULL,
	"last_seq" integer DEFAULT 0 NOT NULL,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"worker_id" uuid,
	"idempotency_key" text,
	"fingerprint" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);

CREATE TABLE "worker" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"devices" jsonb NOT NULL
);

ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "direction" ADD CONSTRAINT "direction_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "direction" ADD CONSTRAINT "direction_discovery_id_discovery_run_id_fk" FOREIGN KEY ("discovery_id") REFERENCES "public"."discovery"("run_id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "discovery" ADD CONSTRAINT "discovery_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "discovery" ADD CONSTRAINT "discovery_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "edit" ADD CONSTRAINT "edit_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "edit" ADD CONSTRAINT "edit_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "event" ADD CONSTRAINT "event_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "filmstrip" ADD CONSTRAINT "filmstrip_direction_id_direction_id_fk" FOREIGN KEY ("direction_id") REFERENCES "public"."direction"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "filmstrip" ADD CONSTRAINT "filmstrip_image_id_image_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."image"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "gallery" ADD CONSTRAINT "gallery_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "gallery" ADD CONSTRAINT "gallery_image_id_image_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."image"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "image" ADD CONSTRAINT "image_blob_hash_blob_hash_fk" FOREIGN KEY ("blob_hash") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;
CREATE UNIQUE INDEX "direction_place" ON "direction" USING btree ("discovery_id","index");
CREATE INDEX "direction_model" ON "direction" USING btree ("model_id");
CREATE INDEX "discovery_model" ON "discovery" USING btree ("model_id");
CREATE INDEX "edit_model" ON "edit" USING btree ("model_id");
CREATE UNIQUE INDEX "run_idempotency" ON "run" USING btree ("kind","idempotency_key");
CREATE INDEX "run_newest" ON "run" USING btree ("kind","created_at","id");
CREATE INDEX "run_worker" ON "run" USING btree ("worker_id");
ALTER TABLE "run" ADD COLUMN "pause_requested" boolean DEFAULT false NOT NULL;
ALTER TABLE "direction" ADD COLUMN "fidelity" jsonb DEFAULT '[]'::jsonb NOT NULL;
ALTER TABLE "direction" ADD COLUMN "fidelity_baseline" jsonb;
ALTER TABLE "direction" ADD COLUMN "strength_range" jsonb;
CREATE TABLE "direction_file" (
	"hash" text PRIMARY KEY NOT NULL,
	"byte_size" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "model_stage" (
	"model_id" uuid NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"done" double precision DEFAULT 0 NOT NULL,
	"total" double precision DEFAULT 0 NOT NULL,
	"estimated_seconds" double precision,
	"message" text,
	CONSTRAINT "model_stage_model_id_name_pk" PRIMARY KEY("model_id","name")
);

ALTER TABLE "model" ADD COLUMN "hub" jsonb;
ALTER TABLE "model" ADD COLUMN "path" text;
ALTER TABLE "model" ADD COLUMN "tap_choice" text;
ALTER TABLE "model" ADD COLUMN "report" jsonb;
ALTER TABLE "direction_file" ADD CONSTRAINT "direction_file_hash_blob_hash_fk" FOREIGN KEY ("hash") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;
ALTER TABLE "model_stage" ADD CONSTRAINT "model_stage_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;
CREATE TABLE "inversion" (
	"image_id" uuid NOT NULL,
	"model_hash" text NOT NULL,
	"sampling_steps" integer NOT NULL,
	"fit" text NOT NULL,
	"latents_hash" text NOT NULL,
	"psnr" double precision NOT NULL,
	CONSTRAINT "inversion_image_id_model_hash_sampling_steps_fit_pk" PRIMARY KEY("image_id","model_hash","sampling_steps","fit")
);

ALTER TABLE "direction" ADD COLUMN "merge" jsonb;
ALTER TABLE "edit" ADD COLUMN "options" jsonb DEFAULT '{}'::jsonb NOT NULL;
ALTER TABLE "edit" ADD COLUMN "reconstruction_psnr" double precision;
ALTER TABLE "edit" ADD COLUMN "request_hash" text;
ALTER TABLE "edit" ADD COLUMN "sweep_id" uuid;
ALTER TABLE "edit" ADD COLUMN "rerun_of_id" uuid;
ALTER TABLE "inversion" ADD CONSTRAINT "inversion_latents_hash_blob_hash_fk" FOREIGN KEY ("latents_hash") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;
CREATE INDEX "edit_request" ON "edit" USING btree ("request_hash");
CREATE INDEX "edit_sweep" ON "edit" USING btree ("sweep_id");
CREATE TABLE "signing_key" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "signing_key_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"secret" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "token" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "token_hash" UNIQUE("hash")
);

ALTER TABLE "run" ADD COLUMN "token_id" uuid;
CREATE INDEX "run_unfinished" ON "run" USING btree ("status","token_id") WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED');
CREATE TABLE "worker_report" (
	"worker_id" uuid PRIMARY KEY NOT NULL,
	"reported_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"metrics" jsonb NOT NULL
);

ALTER TABLE "blob" ADD COLUMN "created_at" timestamp (3) with time zone DEFAULT now() NOT NULL;
ALTER TABLE "inversion" ADD COLUMN "used_at" timestamp (3) with time zone DEFAULT now() NOT NULL;
ALTER TABLE "run" ADD COLUMN "first_seq" integer DEFAULT 1 NOT NULL;
CREATE INDEX "direction_parameters" ON "direction" USING btree ("parameters_hash");
CREATE INDEX "direction_statistics" ON "direction" USING btree ("statistics_hash");
CREATE INDEX "discovery_statistics" ON "discovery" USING btree ("statistics_hash");
CREATE INDEX "edit_pinned" ON "edit" USING gin (shifts jsonb_path_ops);
CREATE INDEX "edit_image" ON "edit" USING btree ("image_id");
CREATE INDEX "edit_original" ON "edit" USING btree ("original_image_id");
CREATE INDEX "edit_result" ON "edit" USING btree ("result_image_id");
CREATE INDEX "event_images" ON "event" USING gin (payload jsonb_path_ops) WHERE type IN ('TrainingPreview', 'EditFrame', 'EditFinished');
CREATE INDEX "filmstrip_image" ON "filmstrip" USING btree ("image_id");
CREATE INDEX "gallery_image" ON "gallery" USING btree ("image_id");
CREATE INDEX "image_blob" ON "image" USING btree ("blob_hash");
CREATE INDEX "inversion_latents" ON "inversion" USING btree ("latents_hash");
CREATE INDEX "run_finished" ON "run" USING btree ("finished_at");
CREATE TABLE "file_chunk" (
	"hash" text NOT NULL,
	"place" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "file_chunk_hash_place_pk" PRIMARY KEY("hash","place")
);

CREATE TABLE "model_file" (
	"model_id" uuid NOT NULL,
	"path" text NOT NULL,
	"hash" text NOT NULL,
	"byte_size" bigint NOT NULL,
	CONSTRAINT "model_file_model_id_path_pk" PRIMARY KEY("model_id","path")
);

CREATE TABLE "stored_file" (
	"hash" text PRIMARY KEY NOT NULL,
	"byte_size" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);

ALTER TABLE "model" ADD COLUMN "entry" text;
ALTER TABLE "model" ADD COLUMN "not_seen_by" jsonb DEFAULT '[]'::jsonb NOT NULL;
ALTER TABLE "model_file" ADD CONSTRAINT "model_file_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;
SET session_replication_role = replica;
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('1', '0509a3f611d88264b94d802d4f94ef4485510e758738767d14a473208c1d3747', '1795426207131');
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('2', '278c378f72d81fc20ff8efeb4da8018539ac40f9d1e37d24ea083a300f6016ea', '1795494074591');
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('3', '6dd91ac5e80a6ff8f82640cbfd95609ef3fde9345cdaeb70f78462c52664debb', '1795530253823');
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('4', '788b2508b914d073ef2b38f06e200bc284fe8c6d5cead6212149ee44cb0e9047', '1795541574327');
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('5', 'b97930e360f2153885e0997899e9170a7873d24bb84f3ceaa245689e32472ac4', '1795546399330');
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('6', '37b549a0ac81dd3d516c7734dc13aedbe064f3a1ec0cfa5c0114afcc7c41bbb1', '1795631471978');
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('7', '60270d46bcb08eb4829d927389288dec088c9aef7c616f43dfb83c8b3abf4aab', '1795633604441');
INSERT INTO "drizzle"."__drizzle_migrations" ("id", "hash", "created_at") OVERRIDING SYSTEM VALUE VALUES ('8', 'd02c5bf126fa01f017fe3330c5db5d039e1cb7c83eb0516dd8923edf5278c200', '1795635116735');
SELECT setval('drizzle.__drizzle_migrations_id_seq', (SELECT max(id) FROM "drizzle"."__drizzle_migrations"));
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('120bd7d8606b7588f344ebdb2ce53bd17d67a4c7d7db5eeb54dd9c7e0e68ea3c', E'\\x89504e470d0a1a0a0000000d4948445200000010000000100802000000909168360000000970485973000003e8000003e801b57b526b000002f649444154289135d2fd2be3711c00f0f7f7bb07c6cc306bc7edacb99d6591dd4d448810dd2ebbac9b1017171745511445d15174747474848eb8e8e888222eb28e23228b883c34b43cce6eece9bbefe742fb0f5e3fbce04b6b7243475c4d6f64c590ac6434b860529c332b4c5fe0a7aef25e6b38f13beca87d66989611a2a3075e529feb71f033623e26f0b68007016e76cc85c49d109586e814c4c0482610ee60f502330fbbe5e30621e54a0cb4b320e75399eb51046b37d6732b89bb9ee2bba412a8b35fcce449c68b5e0e97850f54c574d725b635bd696a53d675436655ff87b2e1c2a2f1d2fce9caecf95ad552a362ad3569b33376b72ff270487632167c3625be9a131a16f9b7ab3c336838d61d3671c0248f19484747975474839346cc6e02c20a56024c76cc48e237887a89e83ac43806927940b077ac1c8d99b77acb5f3408e7aec45367c16327b2a1c3c8beddb8cecde4d63545e392aa763ebb723abf14c68b0b87cb73fbab33bbea940fcec4baee98aa81f0b26169d184246f4694a516a8967c53d6b9495b9eb1bb2c883872959d3a079dd102ae284203cebfc57866f0b2813b014c1263200a1dd1a8c809275d30bb1b101e00166f30f960463f5c2fa25e04d275210c6d18733f8abd13cfd1c879aba9fc8574ffd91cf16441f06849e8500544f6d6c4753424b7b4281abfa5d57ecfae1ccc2ffd555c38599e3b5b9df1a75eb9d22cdf684fd8ee89de1f08d38e48753021b99811e9d5827fcbbea675ae65cbd3b6c7b21fb990a7cee89c86ae29c880937798dd0c361b9809ec0e48dc8028d788768e9c4e4997233b6bcfe6b165e1ae9b7c968d7e6abde8f7856442271dd186fdd88feed94e68870d79f34a6afd4246f56c6ef96441f168c9c7c18af7bd35691d0d6f5b5a1ccd06431dcdfc2163e159eaca13b98693b0cd8e7e7826d5d1251754911e7f6cc6b580870d588e66f0f80c279918e10eb68767774fef9f5d073c347b75df6ccfd16cf91d08d459a2993cc9449174e4fe5974f7a784f6cff2e6afcafaae8ceafedcf29f85c58e66697f1b156bff01dfe370a08eb905fc0000000049454e44ae426082', '2026-03-02 09:00:00+00');
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('1b0e6475440200c1536a570476b9d255b09661bae614974b912e31832a137381', E'\\x58f6856324195bc13ab70643c41eb55c50ad02acb001fba6be505e525644a0dfd03de02a321750537560a427893abc67e30f5d0dbae510667916536b85db4acc', '2026-03-02 09:00:00+00');
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('3614b2967e7bf314312a4a52301cfe5316e9fed6b0e0a2acc1741e372094dd01', E'\\x89504e470d0a1a0a0000000d4948445200000010000000100802000000909168360000000970485973000003e8000003e801b57b526b000002f14944415428915dd2fd2ba3710000f0eff3ec85b19bb7ddda713b6bda59b7acdb1d4d74443759ede2a2a3232e2e2e6a8aa2288a6e8a8ea2a39bd04d5c74746435d93559c711597644d35863ed8699ddd8fbf3bd90baee3ff8fcf001046b42b03931d49842d167446e67d3b439312b054c4de94355057756f264b23e79ac397d489ad5d7f5a2ab2f5f3a048a9b47dfd64f564b66eb2ae79b4a17db0a563a73377ab3b70632f423a907138947333ceb1cc7b6c0722c332ed6e96ea0a37a77c3fdfb64ec90042d44788a87e728e644022ee0f702af1fb802881343cf21fe14122d90740830f2be3f7cd74bd5b9e9eb178c65076bc1c699b3f2668e12270e5247f499035ba2de8ddcce9582b6c5d2a6f9ca3a305b533dd9503eda523c28cdbf76664987d29bc792eb27f91205b742c52ed1300b566272b4b4ecedc80c3d05a4184313cdc1095642bc0dc772a08c0b84ee06513e10e607640c21411c1112f03008c54290c01de08f00c07317b8a211672c6a67e34f1e112d8f492601d9f02c7cf7395527a6afe731965ec7a9cb38ca2ade746dd244234895b766ca3a443d3db99d9f0adb3e97368d57d67daba9563694ab5b8a7eb4e7af758b37fb853bc369863181698a6f010aee898a6dd730ffacc6b8b434cf76a46f8f12308660e660784c806738e840b14b24e0063e1f70fb914b80a10e883b8384631864c6428c01ca9e2f62db43d3baa2579db11a3bfbfb095761e14f99045f0c69c33bc27eb029ee5ecb6b5f2a6a51973728ab6aa66bdf8d37be91b716ca3a5ef6f4883a6499adf2d4c6f1a4da695e959253a68e03454b0ff2d6ee897554e14e789a812c3091f81622f704cfb6a3b14e24da05681e10e10394001282a141100f0890888324142323fe30e08b026e3a72791f75b07067f1d7cd9e5e35dbbb6db6fa0a3035256c55055721e14f5d3d4b1b7a2fecff20eefe98df3e58d4325adef0b5bae6b659e1cfcedc0dd02bda9265eae5d7cfa6795625c7a6663996ae9fdd34339031d36d333b8a819b679eff9ffd86a4c3ab6661bbdea85fff36fb0b5ed487ce0634dcf70000000049454e44ae426082', '2026-03-02 09:00:00+00');
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('609995aa3655904f3ed4ccaa882da192ae18a56f51bea61bca2d3eb6eea32e09', E'\\x89504e470d0a1a0a0000000d4948445200000010000000100802000000909168360000000970485973000003e8000003e801b57b526b000002f249444154289135d2ff2ba3711c00f0f7f3ec8b8d9961d68e76d6dcee9665714d4488109d8b8b2274bbb8b8288aa2288aa2283a8ad011e29a9ab8e8883bb210115916d110d69a6f3363df9e3d9f0be73f78fdf0820b1abaa1a03b9c7cc0081b389d6073610f246e46941b443322869ef43871b10f9d3e5a3b6fdb1ab00e7742b5493c7f299d36848d9f468eea62fbf792ba77d2da37b29a97f3eaff1656ff2e2d9fa82c56d62a061b737a5a33e07b676a4b6f42c35074cd98bc6252563223295810e5ae083237f91f34dcc47d4e8c8e1571ca0c35d083afa86f4c38045a307f2bf8d9c19b004f17e64ee26e884a43740a6262240b082f70f8828d8fdd0b70b388722d019a3184a1977b9c44b10fe27db429bcedf480b56ca15af176be483a55f65e5515395a17d7df94dcd5f6b1ad2baba91ff2eb46be56a94acba62a8be76a154b8dd96bad195b9d29bb7df107c3d1c763f2f35f32e3ace47a51645e15dc6ff26da0e13af639c4118b3c6322031d5d51d12d4e5a30971508073808b0ba300b89df22ea15a21b10f30c48d611c1d977703536fee6bd60d52c5abc96cc1a65bfcee563c7d1c307097dbba99d5b19ad6bd98d4b8adab9e24a982a2f5555178ed4e7ff68ca7a722637f5c7d58d4656a9c2caa6a545f3e2cf6a61f65a40fa362f45eb137fc086a8130fb99e1162a4bdbba688ccb8e01ee3dbc0d7095e04b0488c89287444a322379c74c75c9e407803d8fdc0ea8f59027193987a194c3784324f2358ba18ce7e225793c6dfcc14ace4062d1448664a649315e16335103dd490d0db92dad191d1da93d338a8a85516574e9497ce54172ed4e72d37676db4a7ed7427ed0dc4ea46234ec7c30c302dbd9c179bd4c2bbf500eb36cfaef5711eb25d27eea49e819e9b991f9bb99e9b11d803bc3cbb406e7ad2fde999f7d333ff754ba0da24fef3bf59c44f5decc05e52373c3ecb6c5ec9ab5f28ac9e29299facf8a6acf932d490d3dbf2a9a3e3a59932fca55910e4adbccedc7895a6e126ed71629f9e8519e8d24baad8843f37e3d9c1db09ec9766ff00743a80eaa71293910000000049454e44ae426082', '2026-03-02 09:00:00+00');
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('8fc7adedeabe83d2021e9c8f04e47a7310b74f81d3cd27c4c7351461d37bf8bf', E'\\x4fe05c9eba04ec90339165465848d27c1ff6a44d685d571c3082a1205f68694419cac5704f43ebd1a5062ebd128e305902242426d471b3242a6e26bc829feffe', '2026-03-02 09:00:00+00');
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('a1aa414b033fdaec91ee1c3c1ca56c18ec48585de866255e5be5d98b63326acc', E'\\x89504e470d0a1a0a0000000d4948445200000010000000100802000000909168360000000970485973000003e8000003e801b57b526b000002f349444154289135d2ff2ba3711c00f0f7f3ec0b63e6fbda713b6bda59b7acdb1d111d5947d42e2e3a3ae2e2e2a2288aa2283a8a8ea2a32374c445474756935d93751c1111d13434b48699dd66df9e3d9fcbe43f78fdf082080b16668350070412e0e7c67c48dc0b5169884e410c8c6402e10fce60b073302b1737f3294621d00cd1dee731be27092c4d4ad05e3a7b2b337c3597a72e7aaa2c15cd55be98aa8d1f6f4c1e6a4debed7cd3d99bd33a04058d631f6ba72a2ae76aca161a8a965a72573bb2367bd277075234a389c7933167b362c3bcd0b8c837af70ad1b1c3bec84380f0288232679ca407a3abaa2a21b9cb4606e1b104e70126073631612bf41d42b44d723c62990cc2322e0c019b263e76c58b92b66fea251386f10cf9ec54c1e278e6aa403bb193d9b591dabb92d4b450d0b653530575531555732d65430d89ae371a6b50e25378ec7d74e492ae5a252a5a050cdcb5d0dcfdc62a7ef05a568589070e21b73ee1d6da04519297c33ceb5621c3b04bbc09f0026893110858e6854e485933e98db0f8840004728d8c2304b046e12502f9fd1f5cf19ba38a6f655c0c1eb901d1967239bbbfc3e52552c54948b67aa6327eb2171a459dadf9ed1dd9dd5f12dafe57b51c34459cdafaa0a455d89aa29ff4f5bce7a976cbb2f757f38493b1ea79b96e8412eba540a4c6adebfb570db16dbb117e43a64b94f7cc8736f744143d71464c6c95bcc6d07970bec04760b246e46946b44bb405ee7a4cf899b75e80adc73b0b76c616b9608b549f0fb5224d74ba675713fb449c3fba97db02deb5acf6e5bce6f5295d429caab66aa3f4dd47f1869ceeb6f7fdbdd9dd1de2f6d1e49ac9f88ad9e11972b84c5aa48c85f7e92bdfe48b61392ba1f90a465c6e918123d5d74491598f0fb666c0704ba80f5d00cee9fe1241323fcc1e57976fbf8eed97594a7d9cbbb66870fcdd6de014f5d2850968ae49592e9bb6749439f53fbbec8babee6b40de6378d95d4fdaca87a6896f7b7236b137a3276fba59a11cfb319b1412134aaf8e665cfb3fb665a26a97b6866c2c9ff6bfc7a38b56345ec0000000049454e44ae426082', '2026-03-02 09:00:00+00');
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('d285521a2f416af82d6bbfa857ae641a48d5e80589ff7fc3451df068dbc1040b', E'\\x89504e470d0a1a0a0000000d4948445200000010000000100802000000909168360000000970485973000003e8000003e801b57b526b000002f149444154289135d2fd2be3711c00f0f7f7bb071bf3fcd0a24573bb5b16714d64214274bb6e1745e87671715156144571515b517414a12384a809714738b2101159443484b5e669666cb6efbe9fcbdcfe83d70f2ff891b7aac8dc6c11ab3b520f7a1334c331e76351badf82eb059e41156cda0834ef043cef7bdb8e3dec67aea4d605c1150ddd51d0034e3e6184056c36b0d8b127123722ca1da2e911434bba9dd93d8e6d3efbcf013be6a00d7808511978f3d782695dd4d879ec9026a1e720b56357dcb299a558c9abfb5b58f5a754365e513c5223ed6bc8e96c92c0cfb68cc6aee4fa7e51f5a8b07c22a264865fb0c8cd5de5646eb13fa8fd520ebde235ac987366a48e1e76437d63c021d884059ac1ff19bc0970b763ae24ee82a83444a7202646b280f004ab2f58d8d82307377229b77ca0e9c3195aa1db599cc75192cf7e7ac0cea7a0f5ec1095f4ed7c9160aaecbdb23276a836b1479ed6defcb1b93d4bde03f9b583df2a95a5655315c57335d2e586ecf526c9765bfa5e77d2d180e87454783919a19fe5df2e718d6b9cc72db605d47ed6432fe284455e30918e8e6ea8e81e274d98dd0c8415ac0498ed9889c4ef11f506d17588790124eb84f03ab4faa92decad47ce9a91bb74cb9fd5474c5e0a474f450347c9dd7b196ddb92a6f5ec866569cd5c71054cc94a9555858375f9bfe4590e679abc27b17628b6521955362d289ae77d518564af077dda0948dff7493af280b83337a19611aea7bdbba5708d38e711635bc0d7069e04b0488c89287444a322179c74c5ecee4078033cfb8339103305e3061ef53a8cae8b649ec7b034f15e87297e6a317b2b93b39a1bba58c09f298998288f1ead06517f7d725763466baba4a933a7a14f5a33525c312e2b9da92a5caccb5b51646db688775f9b0d399ac1b4e07a9e6750853c6c04399ef9389f31d06b33e34b33fb6b33027b02e7b32be4a2255d1dcfbc1dcf02374cc12a036fe17fb398614d42ef416a07bc3ccb54ace6d52d1656cd94c826cabf8f547fedafcfe96afcdcdaea6c3612ed6c16fa0f8eec8bd051f7fc640000000049454e44ae426082', '2026-03-02 09:00:00+00');
INSERT INTO "public"."blob" ("hash", "bytes", "created_at") OVERRIDING SYSTEM VALUE VALUES ('eb61da8444b05e97785aaab125f22f80255f35ee9375f71aab0eb7af3c85936c', E'\\x89504e470d0a1a0a0000000d4948445200000010000000100802000000909168360000000970485973000003e8000003e801b57b526b000002f549444154289135d2fd2be3711c00f0f7f7bb07c6cc306bc7ed686e6759167713112244e7b28b8e4cb78b8b8ba2288aa2288aa2a3081d212eca85e8c8eec832119145130d7968799c197bfaeefbb970fe83d70f2fb8f5571984ca0bf1943ef4d751c4902ea6479bd8b199dab29ad1b028aff99b57f1bba864acac60b84ad15797d5d92483ef6d298d5df1b5fd519523d2d27149e1b428774e90ade6a7aff1de6b38093bec681d33fc8811a2a7075d525f1b70f033613e66f0b68207016e0ecc85c49d109586e814c4c0482610ee60f3020b0fbbe3e34601e54a04b4b360e753a9eb61246b37ce733b99bb91e6bb9ce9af52bc51e68b278bdf8e96470c55c7f6d427b5377f686ecfa8ef819ceac1afe5a345c5936505b3558a85bacce526d97a5bf25677dcee40d4c188f46442723623ba9a171897f8776b3c0b6838b61d36b1cf248f19484f47975474839326cc6106c2063602cc0ecc44e237887a89e87ac4380692b94fb0776c1c8d85b776c75f320ae6af443367928913e9c841d4c06e7cf7564adbbaac6939b36e4151355b5006932545a315798335393fea331e9d49f53db1d54311e5a3a1c553e27ca5f0b3ca3f73d9376d839bbced19b7cb82c84357e9a973f0192df08a2230e2fc3b8c67012f3bb813c0243106a2d0118d8a9c70d20573b801e10160f506b30f66f2c30d42ea45105d1fc2380a67eaa2d93b091c4d2a6f2d9dafce0e98cb154d174ac64bc3462a21aabf36beab31a5b555d6d49955d7a7a81a2e281b2b299aaec89bab912f3664acb6a46e76246a7b637443e147bf42f53025be500a0d2affdb155ff306d7baed69df63390e5dc85367744e43d71464c4c97bcc6101bb1d2c04760f246e44946b443b474ea7a4cba183b567f7d8b67237cc3e2b263f9541f8e77fb3f09fba985e6d62073c3c4b6f50cb6be6f22aa60b4bc64bbf0d577ee9afcdea6afcd8dafadc6c38ecb95900c8d5afd2575fa46a38895a76cce3b3503d5d7c41151af0a7665c2b78d881f5dc0c9e9ee1241323dcc1fef8ecfee5c3b3ebc0c766ef1e9aed3d375bf9f40f734973d8fce1b2f40000000049454e44ae426082', '2026-03-02 09:00:00+00');
INSERT INTO "public"."checkpoint" ("run_id", "step", "state") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '1', E'\\xc3174c83546baba662b8612d6175ee7ad7e23fb4fc25cecfc9b10de0e8c0a8073156715f56542d88825ac8d35060dc7b658f8b1a093d34159a6c3191d4e60ff6');
INSERT INTO "public"."direction" ("id", "model_id", "discovery_id", "origin", "index", "version", "kind", "reverse_process", "sampling_steps", "name", "tags", "favourite", "hidden", "accuracy", "strength_error", "monotonicity", "effect_size", "uniqueness", "score", "dead", "duplicate_of_id", "statistics_hash", "parameters_hash", "fidelity", "fidelity_baseline", "strength_range", "merge") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-0000000000d0', '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000d', 'LEARNED', '0', '1', 'GLOBAL', 'SYMMETRIC', '5', 'it''s a smile', '["mouth"]', 'true', 'false', '0.75', '0.5', '0.9', '0.1', '1', '0.6', 'false', NULL, '1b0e6475440200c1536a570476b9d255b09661bae614974b912e31832a137381', '8fc7adedeabe83d2021e9c8f04e47a7310b74f81d3cd27c4c7351461d37bf8bf', '[]', NULL, NULL, NULL);
INSERT INTO "public"."direction" ("id", "model_id", "discovery_id", "origin", "index", "version", "kind", "reverse_process", "sampling_steps", "name", "tags", "favourite", "hidden", "accuracy", "strength_error", "monotonicity", "effect_size", "uniqueness", "score", "dead", "duplicate_of_id", "statistics_hash", "parameters_hash", "fidelity", "fidelity_baseline", "strength_range", "merge") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000d', 'LEARNED', '1', '1', 'GLOBAL', 'SYMMETRIC', '5', 'Direction 2', '[]', 'false', 'false', '0.75', '0.5', '0.9', '0.1', '1', '0.6', 'false', NULL, '1b0e6475440200c1536a570476b9d255b09661bae614974b912e31832a137381', '8fc7adedeabe83d2021e9c8f04e47a7310b74f81d3cd27c4c7351461d37bf8bf', '[]', NULL, NULL, NULL);
INSERT INTO "public"."discovery" ("run_id", "model_id", "config", "step", "total_steps", "seconds_per_step", "peak_memory_bytes", "device", "resumed_from_step", "statistics_hash") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '00000000-0000-4000-8000-00000000000a', '{"seed": 1, "shift": "GLOBAL", "method": "LEARNED", "batchSize": 1, "directions": 2, "fullSpatial": false, "maxStrength": 6, "minStrength": 0.5, "orthonormal": false, "learningRate": 0.005, "previewEvery": 1, "samplingSteps": 5, "trainingSteps": 1, "reverseProcess": "SYMMETRIC", "checkpointEvery": 1, "adversarialWeight": 0}', '1', '1', '2.5', '100000000', 'cpu', NULL, '1b0e6475440200c1536a570476b9d255b09661bae614974b912e31832a137381');
INSERT INTO "public"."edit" ("run_id", "model_id", "seed", "image_id", "shifts", "sampling_steps", "reverse_process", "eta", "preview_every", "preview_size", "original_image_id", "result_image_id", "warnings", "provenance", "options", "reconstruction_psnr", "request_hash", "sweep_id", "rerun_of_id") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000e', '00000000-0000-4000-8000-00000000000a', '7', NULL, '[{"curve": [{"t": 0, "weight": 1}, {"t": 1, "weight": 1}], "pinned": {"index": 0, "parametersHash": "8fc7adedeabe83d2021e9c8f04e47a7310b74f81d3cd27c4c7351461d37bf8bf", "statisticsHash": "1b0e6475440200c1536a570476b9d255b09661bae614974b912e31832a137381"}, "strength": 3, "directionId": "00000000-0000-4000-8000-0000000000d0", "directionVersion": 1}]', '5', 'SYMMETRIC', '0', '5', NULL, 'a1aa414b-033f-daec-91ee-1c3c1ca56c18', '120bd7d8-606b-7588-f344-ebdb2ce53bd1', '[]', '{}', '{}', NULL, 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', NULL, NULL);
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000a', '1', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "QUEUED"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000a', '2', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "SUCCEEDED"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '1', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "QUEUED"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '2', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "RUNNING"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '3', '2026-03-02 09:04:30.5+00', 'TrainingStep', '{"loss": 1.25, "step": 1, "accuracy": 0.5, "totalSteps": 1, "strengthLoss": 0.25, "secondsPerStep": 2.5, "adversarialLoss": null, "peakMemoryBytes": 100000000, "discriminatorLoss": null, "classificationLoss": 1}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '4', '2026-03-02 09:04:30.5+00', 'TrainingPreview', '{"step": 1, "strength": 3, "timestep": 500, "shiftedId": "609995aa-3655-904f-3ed4-ccaa882da192", "stepIndex": 0, "originalId": "d285521a-2f41-6af8-2d6b-bfa857ae641a", "samplingSteps": 5, "directionIndex": 0}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '5', '2026-03-02 09:04:30.5+00', 'CheckpointSaved', '{"step": 1}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '6', '2026-03-02 09:04:30.5+00', 'ScorecardUpdated', '{"step": 1, "directionIds": ["00000000-0000-4000-8000-0000000000d0", "00000000-0000-4000-8000-0000000000d1"]}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', '7', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "SUCCEEDED"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000e', '1', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "QUEUED"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000e', '2', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "RUNNING"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000e', '3', '2026-03-02 09:04:30.5+00', 'EditFrame', '{"coarse": false, "imageId": "eb61da84-44b0-5e97-785a-aab125f22f80", "timestep": 0, "stepIndex": 4, "samplingSteps": 5}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000e', '4', '2026-03-02 09:04:30.5+00', 'EditFinished', '{"resultId": "120bd7d8-606b-7588-f344-ebdb2ce53bd1", "originalId": "a1aa414b-033f-daec-91ee-1c3c1ca56c18"}');
INSERT INTO "public"."event" ("run_id", "seq", "at", "type", "payload") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000e', '5', '2026-03-02 09:04:30.5+00', 'StatusChanged', '{"error": null, "status": "SUCCEEDED"}');
INSERT INTO "public"."file_chunk" ("hash", "place", "bytes") OVERRIDING SYSTEM VALUE VALUES ('7cf58d44eac5499cdf90ab3cc37d3ae44c6872eb865b4a5c04eb3e96cdde1509', '0', E'\\x9fcffe1acb716f176ca73cbb1cfea77b1b9c8d904171efa19b2471e293149194010fd3ca56a3b9374d19fbd441854dd92d06563b4d7a14a8a566fb76e359847f');
INSERT INTO "public"."filmstrip" ("direction_id", "position", "strength", "image_id") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-0000000000d0', '0', '3', '609995aa-3655-904f-3ed4-ccaa882da192');
INSERT INTO "public"."gallery" ("model_id", "position", "image_id") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000a', '0', '3614b296-7e7b-f314-312a-4a52301cfe53');
INSERT INTO "public"."image" ("id", "blob_hash", "width", "height", "content_type") OVERRIDING SYSTEM VALUE VALUES ('120bd7d8-606b-7588-f344-ebdb2ce53bd1', '120bd7d8606b7588f344ebdb2ce53bd17d67a4c7d7db5eeb54dd9c7e0e68ea3c', '16', '16', 'image/png');
INSERT INTO "public"."image" ("id", "blob_hash", "width", "height", "content_type") OVERRIDING SYSTEM VALUE VALUES ('3614b296-7e7b-f314-312a-4a52301cfe53', '3614b2967e7bf314312a4a52301cfe5316e9fed6b0e0a2acc1741e372094dd01', '16', '16', 'image/png');
INSERT INTO "public"."image" ("id", "blob_hash", "width", "height", "content_type") OVERRIDING SYSTEM VALUE VALUES ('609995aa-3655-904f-3ed4-ccaa882da192', '609995aa3655904f3ed4ccaa882da192ae18a56f51bea61bca2d3eb6eea32e09', '16', '16', 'image/png');
INSERT INTO "public"."image" ("id", "blob_hash", "width", "height", "content_type") OVERRIDING SYSTEM VALUE VALUES ('a1aa414b-033f-daec-91ee-1c3c1ca56c18', 'a1aa414b033fdaec91ee1c3c1ca56c18ec48585de866255e5be5d98b63326acc', '16', '16', 'image/png');
INSERT INTO "public"."image" ("id", "blob_hash", "width", "height", "content_type") OVERRIDING SYSTEM VALUE VALUES ('d285521a-2f41-6af8-2d6b-bfa857ae641a', 'd285521a2f416af82d6bbfa857ae641a48d5e80589ff7fc3451df068dbc1040b', '16', '16', 'image/png');
INSERT INTO "public"."image" ("id", "blob_hash", "width", "height", "content_type") OVERRIDING SYSTEM VALUE VALUES ('eb61da84-44b0-5e97-785a-aab125f22f80', 'eb61da8444b05e97785aaab125f22f80255f35ee9375f71aab0eb7af3c85936c', '16', '16', 'image/png');
INSERT INTO "public"."model" ("id", "name", "source", "status", "error", "hash", "resolution", "channels", "parameter_count", "h_shape", "h_tap", "train_timesteps", "beta_schedule", "prediction_type", "created_at", "hub", "path", "tap_choice", "report", "entry", "not_seen_by") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000a', 'portraits', '/models/portraits', 'READY', NULL, 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', '32', '3', '1234567', '[64, 4, 4]', 'mid_block', '1000', 'linear', 'epsilon', '2026-03-02 09:00:00+00', NULL, '/models/portraits', NULL, NULL, NULL, '[]');
INSERT INTO "public"."model_file" ("model_id", "path", "hash", "byte_size") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000a', 'unet/config.json', '7cf58d44eac5499cdf90ab3cc37d3ae44c6872eb865b4a5c04eb3e96cdde1509', '64');
INSERT INTO "public"."model_stage" ("model_id", "name", "status", "done", "total", "estimated_seconds", "message") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000a', 'GALLERY', 'DONE', '1', '1', NULL, NULL);
INSERT INTO "public"."run" ("id", "kind", "status", "error", "epoch", "last_seq", "cancel_requested", "worker_id", "idempotency_key", "fingerprint", "created_at", "started_at", "finished_at", "pause_requested", "token_id", "first_seq") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000a', 'import', 'SUCCEEDED', NULL, '1', '2', 'false', NULL, NULL, NULL, '2026-03-02 09:00:00+00', '2026-03-02 09:00:01.25+00', '2026-03-02 09:04:30.5+00', 'false', NULL, '1');
INSERT INTO "public"."run" ("id", "kind", "status", "error", "epoch", "last_seq", "cancel_requested", "worker_id", "idempotency_key", "fingerprint", "created_at", "started_at", "finished_at", "pause_requested", "token_id", "first_seq") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000d', 'discovery', 'SUCCEEDED', NULL, '1', '7', 'false', NULL, 'smile', 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', '2026-03-02 09:00:00+00', '2026-03-02 09:00:01.25+00', '2026-03-02 09:04:30.5+00', 'false', NULL, '1');
INSERT INTO "public"."run" ("id", "kind", "status", "error", "epoch", "last_seq", "cancel_requested", "worker_id", "idempotency_key", "fingerprint", "created_at", "started_at", "finished_at", "pause_requested", "token_id", "first_seq") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-00000000000e', 'edit', 'SUCCEEDED', NULL, '1', '5', 'false', NULL, NULL, NULL, '2026-03-02 09:00:00+00', '2026-03-02 09:00:01.25+00', '2026-03-02 09:04:30.5+00', 'false', '00000000-0000-4000-8000-0000000000f0', '1');
INSERT INTO "public"."signing_key" ("id", "secret", "created_at") OVERRIDING SYSTEM VALUE VALUES ('1', E'\\x8335fa56d487562de248f47befc72743334051ddffcc2c09275f665454990317594745ee17c08f798cd7dce0ba8155dcda14f6398c1d1545116520a133017c09', '2026-03-02 09:00:00+00');
SELECT setval('public.signing_key_id_seq', (SELECT max(id) FROM "public"."signing_key"));
INSERT INTO "public"."stored_file" ("hash", "byte_size", "created_at") OVERRIDING SYSTEM VALUE VALUES ('7cf58d44eac5499cdf90ab3cc37d3ae44c6872eb865b4a5c04eb3e96cdde1509', '64', '2026-03-02 09:00:00+00');
INSERT INTO "public"."token" ("id", "name", "role", "hash", "created_at", "expires_at", "revoked_at") OVERRIDING SYSTEM VALUE VALUES ('00000000-0000-4000-8000-0000000000f0', 'studio', 'EDIT', 'abababababababababababababababababababababababababababababababab', '2026-03-02 09:00:00+00', NULL, NULL);
RESET session_replication_role;
